"""`python docs/screenshots.py`: the pictures in docs/images, from the bundled environments, in headless Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.engine.sight import sight
from gem_sim.report.html import write_report

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.chromium import chromium  # noqa: E402


def main() -> int:
    """Write the pictures."""
    images = HERE / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        shop, library = (_report(Path(folder), name) for name in ("frame_shop", "library"))
        tab = _opened(browser, library)
        tab.screenshot(images / "overview.png")
        tab.run("document.querySelector('.plots').open = true")
        _part(tab, ".plots svg", images / "distributions.png")
        tab = _opened(browser, shop, height=1000)
        tab.run("location.hash = '#t1-c5'")
        tab.wait("document.activeElement.closest('#t1-c5') !== null")
        tab.run("document.querySelector('#t1-m15').scrollIntoView()")
        tab.run("document.activeElement.blur()")
        tab.hover("#t1-c5 .leaf a.from")
        tab.screenshot(images / "trajectory.png")
        tab.run("document.querySelector('#t1 .graph').open = true")
        tab.wait("document.querySelector('#t1 .stops') !== null")
        _part(tab, "#t1 .walked svg", images / "graph.png")
        tab = _opened(browser, shop, height=1000, dark=True)
        tab.run("document.querySelector('#t1').scrollIntoView()")
        tab.screenshot(images / "dark.png")
        tab = _opened(browser, shop, width=390, height=844, mobile=True)
        tab.run("document.querySelector('#t1').scrollIntoView()")
        tab.screenshot(images / "phone.png")
    for image in sorted(images.glob("*.png")):
        print(f"{image.relative_to(HERE.parent)}: {image.stat().st_size:,} bytes")
    return 0


def _report(folder: Path, name: str) -> Path:
    """Write the report of an environment's own trajectories, good and bad."""
    environment = gem_sim.load_environment(name)
    items = []
    for file in ("known_bad.jsonl", "trajectories.jsonl"):
        for trajectory in gem_sim.read_trajectories(Path(environment.folder or "") / file):
            replay = gem_sim.replay(trajectory, environment)
            verdict = gem_sim.verify(replay)
            items.append((verdict, sight(replay, verdict)))
    page = folder / f"{name}.html"
    write_report(page, environment, items)
    return page


def _opened(browser: Any, page: Path, *, dark: bool = False, **size: Any) -> Any:
    tab = browser.tab(**size)
    tab.emulate(prefers_color_scheme="dark" if dark else "light")
    tab.open(page.as_uri())
    tab.wait("document.getElementById('shown').value.includes('listed')")
    return tab


def _part(tab: Any, selector: str, image: Path) -> None:
    box = "(b => ({x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height}))"
    tab.screenshot(image, tab.run(f"{box}(document.querySelector({selector!r}).getBoundingClientRect())"))


if __name__ == "__main__":
    sys.exit(main())
