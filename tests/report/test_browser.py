"""The report in a real browser, where there is one: filters, opening, keys, links, light and dark, print and phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gem_sim.formats import read_trajectories
from gem_sim.report.html import write_report
from tests.chromium import Chromium, Tab, browser, chromium
from tests.conftest import ROOT, environment
from tests.report.test_html import HOSTILE, bad, good, hostile, item

pytestmark = pytest.mark.skipif(browser() is None, reason="there is no Chromium on this machine")

FAILS, PASSES = [f"t{n}" for n in range(2, 6)], ["t1", "t6"]
LISTED = "[...document.querySelectorAll('.t')].map((row) => row.id)"
FOCUS = "document.activeElement.closest('.t')?.id ?? document.activeElement.id"

# What text of the page has less contrast with what is behind it than WCAG 2.1 AA asks for.
FAINT = """(() => {
  const part = (value) => { const v = value / 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = numbers(getComputedStyle(one).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || one.closest("svg, script, style, noscript, :disabled") || !one.checkVisibility()) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(numbers(style.color)), light(behind(one))].sort((x, y) => y - x);
    const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + .05) / (b + .05) < (big ? 3 : 4.5)) faint.add(`${one.className || one.tagName}: ${one.textContent}`);
  }
  return [...faint];
})()"""


@pytest.fixture(scope="module")
def running() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = ROOT / "environments" / "frame_shop"
    told = [*read_trajectories(folder / "known_bad.jsonl"), *read_trajectories(folder / "trajectories.jsonl")]
    path = tmp_path_factory.mktemp("shop") / "report.html"
    write_report(path, environment("frame_shop"), [item(one, "frame_shop") for one in told])
    return path


@pytest.fixture
def few(tmp_path: Path) -> Path:
    path = tmp_path / "few.html"
    write_report(path, environment("desk"), [item(good(1)), *(item(bad(n)) for n in range(1, 5)), item(good(2))])
    return path


def opened(running: Chromium, page: Path, **size: Any) -> Tab:
    tab = running.tab(**size)
    tab.open(page.as_uri())
    tab.wait("document.getElementById('shown').value.includes('listed')")
    return tab


def click(tab: Tab, selector: str) -> list[str]:
    """Click, and return which lines are then there."""
    tab.run(f"document.querySelector({selector!r}).click()")
    listed: list[str] = tab.run(f"last.then(() => {LISTED})")
    return listed


def test_filters_and_search_leave_what_matches_and_counts_follow(running: Chromium, few: Path) -> None:
    tab = opened(running, few)
    number = "document.querySelector('[data-code] b').textContent"
    assert tab.run(LISTED) == FAILS + PASSES
    assert click(tab, "[data-verdict=pass]") == PASSES
    assert tab.run(number) == "0"
    assert click(tab, "[data-verdict=pass]") == FAILS + PASSES
    assert click(tab, "[data-code='result.mismatch']") == FAILS
    assert tab.run("document.querySelector('[data-verdict=pass] b').textContent") == "0"
    tab.run("document.getElementById('find').focus()")
    tab.type("BAD-3")
    assert tab.run(f"last.then(() => {LISTED})") == ["t4"]
    assert tab.run("shown.size && document.getElementById('shown').value") == "1 of 6 listed"
    assert tab.run(number) == "1"
    assert click(tab, "#all") == FAILS + PASSES
    assert click(tab, "[data-verdict=fail]") == FAILS


def test_a_family_of_checks_is_a_filter(running: Chromium, shop: Path) -> None:
    tab = opened(running, shop)
    assert tab.run("document.querySelector('[data-family=order] b').textContent") == "4"
    assert len(click(tab, "[data-family=order]")) == 4
    codes = "[...document.querySelectorAll('.t')].every((row) => row.textContent.includes('order.'))"
    assert tab.run(codes)


def test_of_many_a_page_is_shown_and_links_lead_to_the_others(running: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    fine = item(good())
    write_report(path, environment("desk"), [*[fine] * 119, item(bad())])
    tab = opened(running, path)
    assert len(tab.run(LISTED)) == 50
    assert tab.run("document.getElementById('span').textContent") == "1–50"
    click(tab, "#after")
    assert click(tab, "#after") == [f"t{n}" for n in range(100, 120)]
    assert tab.run("document.getElementById('after').disabled")
    click(tab, "#before")
    click(tab, "#before")
    tab.run("document.querySelector('#t49 > summary').focus()")
    tab.press("ArrowDown")
    tab.wait(f"({FOCUS}) === 't50'")
    tab.press("ArrowUp")
    tab.wait(f"({FOCUS}) === 't49'")
    tab.run("location.hash = '#t70-c1'")
    tab.wait("document.activeElement.closest('#t70-c1') !== null")
    assert tab.run("document.getElementById('t70-c1').open && document.getElementById('t70').open")


def test_a_failing_trajectory_shows_the_call_that_parts_its_source_sentence_and_its_values(
    running: Chromium, shop: Path
) -> None:
    tab = opened(running, shop)
    tab.run("document.querySelector('#t4 > summary').click()")
    tab.wait("document.querySelector('#t4[open] > .body .f.error') !== null")
    tab.run("document.querySelector('#t1 .diverges').click()")
    tab.wait("document.activeElement.closest('#t1-c5') !== null")
    call = "document.querySelector('#t1-c5')"
    words = tab.run(f"{call}.innerText")
    assert "First divergence" in words
    assert '"status": "success"' in words
    assert '"status": "error"' in words
    assert "Non-glare glass is cut for frames up to 60 cm by 70 cm only." in words
    tab.hover("#t1-c5 .leaf a.from")
    tab.wait("document.querySelector('#t1-c4').classList.contains('lit')")
    assert tab.run(f"getComputedStyle({call}.querySelector('.leaf:hover .tip')).display") == "block"
    assert tab.run(f"{call}.querySelector('.leaf:hover .tip').textContent") == "returned by call 4 at $.frame_width"
    tab.run(f"{call}.querySelector('.sentence a').click()")
    tab.wait("document.querySelector('mark.lit') !== null")
    assert "60 cm by 70 cm only" in tab.run("document.querySelector('mark.lit').textContent")
    assert tab.run("document.querySelector('mark.lit').checkVisibility()")


def test_the_path_is_drawn_over_the_workflows_and_leads_to_the_calls(running: Chromium, shop: Path) -> None:
    tab = opened(running, shop)
    tab.run("document.querySelector('#t1 .graph > summary').click()")
    tab.wait("document.querySelector('#t1 .walked svg.gg .stops') !== null")
    stops = "[...document.querySelectorAll('#t1 .stops a')].map((stop) => stop.getAttribute('aria-label'))"
    assert tab.run(stops)[-1] == "call 7, at fault"
    assert len(tab.run(stops)) == 7
    # Each number stands on the upper edge of the card that the call belongs to.
    inside = """[...document.querySelectorAll('#t1 .stops a rect')].every((pill) => {
      const [x, y] = [pill.x.baseVal.value, pill.y.baseVal.value + 10];
      return [...document.querySelectorAll('#t1 .walked svg svg')].some((card) =>
        Math.abs(card.y.baseVal.value - y) < 1 && x >= card.x.baseVal.value
        && x <= card.x.baseVal.value + card.width.baseVal.value);
    })"""
    assert tab.run(inside)


def test_all_can_be_done_with_keys(running: Chromium, few: Path) -> None:
    tab = opened(running, few)
    tab.press("Tab")
    assert tab.run("document.activeElement.className") == "skip"
    assert tab.run("document.activeElement.getBoundingClientRect().left >= 0")
    tab.press("/")
    assert tab.run(FOCUS) == "find"
    tab.press("ArrowDown")
    assert tab.run(FOCUS) == "t2"
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.press("ArrowDown", "ArrowDown", "ArrowDown")
    tab.wait(f"({FOCUS}) === 't5'")
    tab.press("Enter")
    tab.wait("document.querySelector('#t5[open] .call.first') !== null")
    tab.press("Tab")
    assert tab.run("document.activeElement.closest('#t5 .body') !== null")
    tab.press("Escape")
    assert tab.run("!document.getElementById('t5').open")
    assert tab.run(FOCUS) == "t5"
    tab.press("ArrowUp")
    tab.wait(f"({FOCUS}) === 't4'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(running: Chromium, shop: Path, scheme: str) -> None:
    tab = running.tab()
    tab.emulate(prefers_color_scheme=scheme)
    tab.open(shop.as_uri())
    tab.wait("document.getElementById('shown').value.includes('listed')")
    dark = tab.run("getComputedStyle(document.body).backgroundColor") != "rgb(245, 246, 248)"
    assert dark == (scheme == "dark")
    tab.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    tab.wait("document.querySelectorAll('.t > .body').length === 13")
    assert tab.run(FAINT) == []
    # The measure itself sees what is faint.
    tab.run("document.querySelector('h1').style.color = getComputedStyle(document.body).backgroundColor")
    assert len(tab.run(FAINT)) == 1


def test_every_control_has_a_name_for_who_hears_the_page(running: Chromium, shop: Path) -> None:
    tab = opened(running, shop)
    tab.run("document.querySelector('#t1 .graph').open = true")
    tab.wait("document.querySelector('#t1 .stops') !== null")
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    controls = ("button", "link", "searchbox", "textbox", "DisclosureTriangle", "navigation", "group", "region")
    named: dict[str, list[str]] = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        # A `details` is a group that its summary names.
        if role in controls[:-2] and not node.get("ignored"):
            named.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    assert {"button", "link", "searchbox", "DisclosureTriangle", "navigation"} <= set(named)
    assert [role for role, names in named.items() if not all(name.strip() for name in names)] == []
    assert named["searchbox"] == ["Find in the list"]
    image = next(node for node in nodes if node.get("role", {}).get("value") == "image")
    assert image["name"]["value"]


def test_printed_it_keeps_what_is_open_and_drops_what_is_to_press(
    running: Chromium, shop: Path, tmp_path: Path
) -> None:
    tab = opened(running, shop)
    tab.emulate(media="print", prefers_color_scheme="dark")
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not tab.run("document.querySelector('.bar').checkVisibility()")
    assert tab.run("document.querySelector('#t1-c5 .sides').checkVisibility()")
    assert tab.run("[...document.querySelectorAll('[data-code]')].every((code) => code.offsetHeight > 0)")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    tab.pdf(tmp_path / "printed.pdf")
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF")


def test_on_a_phone_nothing_sticks_out(running: Chromium, shop: Path) -> None:
    tab = opened(running, shop, width=390, height=844, mobile=True)
    tab.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    tab.wait("document.querySelectorAll('.t > .body').length === 13")
    assert tab.run("document.documentElement.scrollWidth") == 390
    assert tab.run("document.querySelector('meta[name=viewport]') !== null")


def test_our_script_runs_under_our_policy_nothing_else_does_and_nothing_is_fetched(
    running: Chromium, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    write_report(page, environment("desk"), hostile(HOSTILE))
    # As if escaping had failed somewhere: the policy alone has to keep it from running.
    foreign = "<script>document.title = 'owned'</script><img src='https://example.org/x.png'>"
    page.write_text(page.read_text().replace("</main>", f"{foreign}</main>"))
    running.events.clear()
    tab = opened(running, page)
    tab.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    tab.wait("document.querySelectorAll('.t > .body').length === 2")
    assert tab.run("document.title") != "owned"
    assert tab.run("document.getElementById('shown').value") == "2 of 2 listed"
    assert all("Content Security Policy" in words for words in tab.complaints())
    assert [url for url in tab.fetched() if not url.startswith("file:")] == []
