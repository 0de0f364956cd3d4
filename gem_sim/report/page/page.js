"use strict";
const remote = document.body.dataset.remote;
const perPage = Number(document.body.dataset.page);
const list = document.getElementById("rows");
const find = document.getElementById("find");
const kinds = ["verdict", "environment", "family", "code"];
const wanted = { verdict: new Set(), environment: new Set(), family: new Set(), code: new Set(), words: "", from: 0 };
let total = 0;
let last = Promise.resolve();

// What is packed in the page.

const unpacked = new Map();

function unpack(id) {
  if (!unpacked.has(id)) unpacked.set(id, inflate(document.getElementById(id).textContent));
  return unpacked.get(id);
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

let lines = null;

async function everyLine() {
  const ids = [...document.querySelectorAll("script[id^=index-]")].map((piece) => piece.id);
  lines ??= Promise.all(ids.map(unpack)).then((pieces) => pieces.flat());
  return lines;
}

function valuesOf(line, kind) {
  if (kind === "verdict") return [line.v];
  if (kind === "environment") return [line.e];
  return kind === "code" ? line.c : [...new Set(line.c.map((code) => code.split(".")[0]))];
}

// A line counts for a button where it matches all that is wanted of the other kinds.
function selectEmbedded(all, place) {
  const matching = [];
  const counts = { verdict: {}, environment: {}, family: {}, code: {} };
  for (const line of all) {
    if (wanted.words && !line.w.includes(wanted.words)) continue;
    const misses = kinds.filter((kind) => wanted[kind].size && !valuesOf(line, kind).some((v) => wanted[kind].has(v)));
    if (!misses.length) matching.push(line);
    for (const kind of misses.length > 1 ? [] : misses.length ? misses : kinds) {
      for (const value of valuesOf(line, kind)) counts[kind][value] = (counts[kind][value] ?? 0) + 1;
    }
  }
  const at = place === null ? -1 : matching.findIndex((line) => line.n === place);
  const from = at < 0 ? wanted.from : at - at % perPage;
  return { rows: matching.slice(from, from + perPage), from, total: matching.length, of: all.length, counts };
}

async function select(place = null) {
  if (!remote) return selectEmbedded(await everyLine(), place);
  const asked = new URLSearchParams({ from: wanted.from, words: wanted.words });
  for (const kind of kinds) for (const value of wanted[kind]) asked.append(kind, value);
  if (place !== null) asked.set("place", place);
  return (await ask(`${remote}?${asked}`)).json();
}

async function ask(address) {
  const answer = await fetch(address);
  // What is no answer must not become part of the page.
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

async function bodyOf(line) {
  if (remote) return (await ask(`body/${line.n}`)).text();
  return (await unpack(line.b[0]))[line.b[1]];
}

// The list.

const shown = new Map();

function put(selected) {
  list.replaceChildren();
  shown.clear();
  total = selected.total;
  wanted.from = selected.from;
  let verdict = "";
  for (const line of selected.rows) {
    if (line.v !== verdict) {
      verdict = line.v;
      const heading = list.appendChild(document.createElement("h2"));
      const number = selected.counts.verdict[verdict] ?? 0;
      heading.textContent = `${verdict[0].toUpperCase()}${verdict.slice(1)} `;
      heading.appendChild(document.createElement("span")).className = "soft";
      heading.lastChild.textContent = number.toLocaleString("en");
    }
    list.insertAdjacentHTML("beforeend", line.h);
    shown.set(`t${line.n}`, line);
  }
  tell(selected);
}

function tell({ rows, from, total: number, of, counts }) {
  const say = (value) => value.toLocaleString("en");
  document.getElementById("shown").value = `${say(number)} of ${say(of)} listed`;
  document.getElementById("none").hidden = number > 0;
  // The shares are those of all.
  document.body.classList.toggle("filtered", wanted.words !== "" || kinds.some((kind) => wanted[kind].size));
  document.getElementById("span").textContent = number > perPage ? `${say(from + 1)}–${say(from + rows.length)}` : "";
  document.getElementById("before").disabled = from === 0;
  document.getElementById("after").disabled = from + perPage >= number;
  document.querySelector(".pager").hidden = number <= perPage;
  for (const button of document.querySelectorAll("button[aria-pressed]")) {
    const [kind, value] = Object.entries(button.dataset)[0];
    const found = counts[kind][value] ?? 0;
    button.querySelector("b").textContent = say(found);
    button.classList.toggle("none", !found);
  }
}

function apply({ keep = false, place = null } = {}) {
  if (!keep) wanted.from = 0;
  last = last.then(async () => put(await select(place))).catch(complain);
  return last;
}

function complain(error) {
  const why = remote ? "no answer; is gem-sim view still running?" : "this browser cannot unpack what is here";
  const words = `${why} (${error.message})`;
  document.getElementById("shown").value = words;
}

async function fill(row) {
  const line = shown.get(row.id);
  if (line?.b && !row.querySelector(":scope > .body")) {
    const body = await bodyOf(line);
    if (!row.querySelector(":scope > .body")) row.insertAdjacentHTML("beforeend", body);
  }
}

async function open(row) {
  await fill(row);
  row.open = true;
}

// Filters.

for (const button of document.querySelectorAll("button[aria-pressed]")) {
  button.addEventListener("click", () => {
    const [kind, value] = Object.entries(button.dataset)[0];
    const on = !wanted[kind].delete(value);
    if (on) wanted[kind].add(value);
    button.setAttribute("aria-pressed", on);
    apply();
  });
}

find.addEventListener("input", () => {
  wanted.words = find.value.trim().toLowerCase();
  apply();
});

function showAll() {
  for (const kind of kinds) wanted[kind].clear();
  wanted.words = find.value = "";
  for (const button of document.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", false);
}

document.getElementById("all").addEventListener("click", () => {
  showAll();
  apply();
});

function turn(pages) {
  wanted.from = Math.max(0, wanted.from + pages * perPage);
  return apply({ keep: true });
}

document.getElementById("before").addEventListener("click", () => turn(-1));
document.getElementById("after").addEventListener("click", () => turn(1).then(() => list.scrollIntoView()));

// A path over the drawing of its environment: the path beneath the cards, the numbers of the calls above them.

let drawings = 0;

function draw(place) {
  const over = place.firstElementChild;
  const base = document.querySelector(`#${place.dataset.over} > svg`);
  if (!base || !over || over.classList.contains("gg")) return;
  drawings += 1;
  const copy = base.cloneNode(true);
  // Arrow heads are named, and what is hidden lends none to what is shown.
  copy.innerHTML = copy.innerHTML.replaceAll("gg-", `gg${drawings}-`);
  copy.insertBefore(over.querySelector(".walk"), copy.querySelector("svg, .e"));
  copy.appendChild(over.querySelector(".stops"));
  place.replaceChildren(copy);
  const stop = copy.querySelector(".stop");
  place.scrollTop += stop.getBoundingClientRect().top - place.getBoundingClientRect().top - 80;
}

document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (opened.matches(".t") && opened.open) fill(opened).catch(complain);
  if (opened.matches(".graph") && opened.open) draw(opened.querySelector(".walked"));
}, true);

// Links within the page: to a trajectory, a call or message of it, a place in the source text.

function light(place) {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  place?.classList.add("lit");
}

function reveal(place) {
  for (let part = place; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  light(place.matches(".quote") ? nextMark(place) : place);
  place.scrollIntoView({ block: place.matches(".quote") ? "center" : "start" });
  (place.querySelector(":scope > summary") ?? place).focus({ preventScroll: true });
}

function nextMark(place) {
  let next = place.nextElementSibling;
  while (next && next.tagName !== "MARK") next = next.nextElementSibling;
  return next;
}

async function follow() {
  const hash = decodeURIComponent(location.hash.slice(1));
  const row = hash.match(/^t(\d+)(?=-|$)/);
  if (row) {
    if (!document.getElementById(row[0])) {
      showAll();
      await apply({ place: Number(row[1]) });
    }
    const found = document.getElementById(row[0]);
    if (found?.matches("details")) await open(found);
  }
  const place = hash && (document.getElementById(hash) ?? (row && document.getElementById(row[0])));
  if (place && !["rows", "list"].includes(hash)) reveal(place);
}

addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) follow();
});

// Where a value comes from: its place lights up while the pointer or the focus is on it.

function source(event) {
  const link = event.target.closest?.(".leaf")?.querySelector("a.from");
  if (link) light(document.getElementById(link.hash.slice(1)));
}

document.addEventListener("mouseover", source);
document.addEventListener("focusin", source);

// Keys.

const headOf = (row) => row.querySelector(":scope > summary, :scope > .summary");

async function step(by, row) {
  const rows = [...list.querySelectorAll(".t")];
  let next = row ? rows.indexOf(row) + by : 0;
  if (next >= rows.length && wanted.from + perPage < total) {
    await turn(1);
    next = 0;
  } else if (next < 0 && wanted.from > 0) {
    await turn(-1);
    next = list.querySelectorAll(".t").length - 1;
  }
  const found = list.querySelectorAll(".t")[next];
  if (found) headOf(found).focus();
  else if (next < 0) find.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  const row = at.closest(".t");
  const onHead = row && at === headOf(row);
  const typing = at.matches("input");
  if (event.key === "/" && !typing) find.focus();
  else if (event.key === "ArrowDown" && (onHead || typing || at === document.body)) step(1, onHead ? row : null);
  else if (event.key === "ArrowUp" && onHead) step(-1, row);
  else if (event.key === "Escape" && row?.open) {
    row.open = false;
    headOf(row).focus();
  } else if (event.key === "Escape" && typing) {
    showAll();
    apply();
  } else return;
  event.preventDefault();
});

document.documentElement.classList.add("js");
last = select().then((selected) => {
  // The first lines are there already, some of them open.
  for (const line of selected.rows) shown.set(`t${line.n}`, line);
  total = selected.total;
  if (list.querySelector(".t")) tell(selected);
  else put(selected);
  return follow();
}).catch(complain);
