"""The report in a real browser, where there is one: filters, opening, links."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from gem_sim.report import html
from gem_sim.report.html import write_report
from tests.conftest import environment
from tests.report.test_html import HOSTILE, bad, good, hostile, item

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((found for found in map(shutil.which, BROWSERS) if found), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")

PROBE = """
const find = document.getElementById("find"), log = {};
const listed = () => rows.filter((row) => !row.hidden).map((row) => row.id);
const press = (selector) => document.querySelector(selector).click();
log.all = listed();
press("[data-verdict=pass]"); log.pass = listed(); log.heading = document.getElementById("fail").hidden;
press("[data-verdict=pass]"); log.again = listed();
press("[data-code='result.mismatch']"); log.mismatch = listed();
find.value = "BAD-3"; find.dispatchEvent(new Event("input")); log.found = listed(); log.told = shown.value;
press("#all"); log.reset = listed();
log.kept = rows.filter((row) => row.querySelector(":scope > script")).length;
location.hash = "#t4-c1";
setTimeout(() => {
  const row = document.getElementById("t4");
  log.opened = row.open && !!row.querySelector(".call.first[open]") && !row.querySelector(":scope > script");
  document.body.innerHTML = "<pre id=log></pre>";
  document.getElementById("log").textContent = JSON.stringify(log);
}, 300);
"""


def dom(page: Path) -> str:
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def probed(page: Path, script: str) -> dict[str, Any]:
    # The page allows its own script only, so what looks at it from within needs the policy out of the way.
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    page.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
    log = re.search(r'<pre id="log">(.*?)</pre>', dom(page), re.DOTALL)
    assert log is not None
    result: dict[str, Any] = json.loads(unescape(log[1]))
    return result


def test_filters_search_and_links_work_on_conversations_that_wait(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(html, "AT_ONCE", 0)
    page = tmp_path / "report.html"
    write_report(
        page, environment("desk"), [item(good(1)), *(item(bad(number)) for number in range(1, 5)), item(good(2))]
    )
    log = probed(page, PROBE)
    fails, passes = ["t2", "t3", "t4", "t5"], ["t1", "t6"]
    assert log["all"] == log["again"] == log["reset"] == fails + passes
    assert (log["pass"], log["heading"], log["mismatch"]) == (passes, True, fails)
    assert (log["found"], log["told"]) == (["t4"], "1 of 6 listed")
    assert log["kept"] == 6
    assert log["opened"] is True


def test_our_script_runs_under_our_policy_and_nothing_else_does(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    write_report(page, environment("desk"), hostile(HOSTILE))
    # As if escaping had failed somewhere: the policy alone has to keep it from running.
    page.write_text(page.read_text().replace("</main>", "<script>document.title = 'owned'</script></main>"))
    text = dom(page)
    assert '<html lang="en" class="js">' in text
    assert "2 of 2 listed" in text
    assert "<title>owned" not in text
