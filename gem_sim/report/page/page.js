"use strict";
const rows = [...document.querySelectorAll(".t")];
const wanted = { verdict: new Set(), code: new Set(), words: "" };

function fill(row) {
  const kept = row.querySelector(":scope > script");
  if (kept) {
    kept.insertAdjacentHTML("afterend", kept.textContent);
    kept.remove();
  }
}

function matches(row) {
  const verdict = row.classList[1];
  const codes = row.dataset.codes.split(" ");
  return (!wanted.verdict.size || wanted.verdict.has(verdict))
    && (!wanted.code.size || codes.some((code) => wanted.code.has(code)))
    && (!wanted.words || row.firstElementChild.textContent.toLowerCase().includes(wanted.words));
}

function apply() {
  let shown = 0;
  for (const row of rows) {
    row.hidden = !matches(row);
    shown += !row.hidden;
  }
  for (const group of document.querySelectorAll(".rows")) {
    group.previousElementSibling.hidden = !group.querySelector(".t:not([hidden])");
  }
  document.getElementById("shown").value = `${shown} of ${rows.length} listed`;
  document.getElementById("none").hidden = shown > 0;
}

for (const button of document.querySelectorAll("[data-verdict], [data-code]")) {
  button.addEventListener("click", () => {
    const [kind, value] = Object.entries(button.dataset)[0];
    const on = !wanted[kind].delete(value);
    if (on) wanted[kind].add(value);
    button.setAttribute("aria-pressed", on);
    apply();
  });
}

document.getElementById("find").addEventListener("input", (event) => {
  wanted.words = event.target.value.trim().toLowerCase();
  apply();
});

document.getElementById("all").addEventListener("click", () => {
  wanted.verdict.clear();
  wanted.code.clear();
  wanted.words = document.getElementById("find").value = "";
  for (const button of document.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", false);
  apply();
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches(".t")) fill(event.target);
}, true);

function follow() {
  const row = document.getElementById(location.hash.slice(1).split("-")[0]);
  if (!row || !row.matches(".t")) return;
  fill(row);
  row.hidden = false;
  row.open = true;
  const place = document.getElementById(location.hash.slice(1));
  if (place) {
    place.open = true;
    place.scrollIntoView();
  }
}

addEventListener("hashchange", follow);
document.documentElement.classList.add("js");
apply();
follow();
