"""Distributions: the numbers are those of the trajectories, the paper's are the paper's, the drawing shows both."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import replay
from gem_sim.engine.sight import sight
from gem_sim.formats import read_trajectories
from gem_sim.refiner.complexity import complexity_of
from gem_sim.report import Distributions, distributions
from gem_sim.report.distributions import MEASURES, PAPER, Shape, shape_of_trace
from gem_sim.report.plots import Bars, Histogram, Mark, plot
from gem_sim.verifier import verify
from tests.conftest import ROOT, conversation, environment

SHOP = list(read_trajectories(ROOT / "environments" / "frame_shop" / "trajectories.jsonl"))
SVG = "{http://www.w3.org/2000/svg}"


def test_numbers_are_those_of_the_trajectories() -> None:
    numbers = distributions(SHOP).numbers()
    messages = [len(trajectory.messages) for trajectory in SHOP]
    calls = [len(list(trajectory.calls())) for trajectory in SHOP]
    assert numbers["trajectories"] == len(SHOP)
    assert numbers["messages"]["mean"] == pytest.approx(mean(messages))
    assert numbers["messages"]["median"] == median(messages)
    assert (numbers["calls"]["least"], numbers["calls"]["most"]) == (min(calls), max(calls))
    assert numbers["calls"]["mean"] == pytest.approx(mean(calls))


def test_the_papers_figures_are_the_papers() -> None:
    assert PAPER["messages"] == {"GEM, first draft": 30.05, "GEM, refined": 46.1, "APIGen-MT": 18.5, "Toucan": 6.24}
    assert PAPER["tools"] == {"GEM, first draft": 5.01, "GEM, refined": 8.6}
    assert PAPER["calls"] == {"GEM, first draft": 7.83, "GEM, refined": 16.3, "APIGen-MT": 4.3}


def test_patterns_are_counted_among_replays_and_subjects_by_environment() -> None:
    replays = [replay(trajectory, environment("frame_shop")) for trajectory in SHOP]
    found = distributions([*replays, conversation(["user", "Hi."], domain="small talk")])
    shown = Counter(pattern for one in replays for pattern in complexity_of(one).patterns)
    numbers = found.numbers()
    assert numbers["replayed"] == len(SHOP)
    assert {name: share for name, share in numbers["patterns"].items() if share} == {
        name: number / len(SHOP) for name, number in shown.items()
    }
    assert numbers["domains"] == {
        "Picture frames made to measure": pytest.approx(len(SHOP) / (len(SHOP) + 1)),
        "small talk": pytest.approx(1 / (len(SHOP) + 1)),
    }


def test_a_report_counts_as_a_notebook_does() -> None:
    shop = environment("frame_shop")
    replays = [replay(trajectory, shop) for trajectory in SHOP]
    collected = Distributions()
    for one in replays:
        collected.add(shape_of_trace(sight(one, verify(one)), shop.title))
    assert collected.numbers() == distributions(replays).numbers()
    assert collected.svg() == distributions(replays).svg()


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_mean_and_median_are_right_for_any_values(values: list[int]) -> None:
    found = Distributions()
    for value in values:
        found.add(Shape(value, 1, value, None, None))
    numbers = found.numbers()["messages"]
    assert numbers["mean"] == pytest.approx(mean(values))
    assert numbers["median"] == median(values)
    assert (numbers["least"], numbers["most"]) == (min(values), max(values))


@given(st.lists(st.integers(0, 5_000), max_size=60), st.floats(0, 400))
def test_every_value_is_in_one_bin_and_every_mean_has_its_place(values: list[int], paper: float) -> None:
    title = "Messages"
    svg = plot("A plot", [Histogram(title, Counter(values), [Mark("this data set", 3.0), Mark("theirs", paper)])], [])
    root = ET.fromstring(svg)
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("class") == "bar"]
    told = [re.sub(r"\D+$", "", (bar.findtext(f"{SVG}title") or "").rpartition(": ")[2]) for bar in bars]
    assert sum(int(number.replace(",", "")) for number in told) == len(values)
    width = float(root.get("width", "0"))
    for shape in (*bars, *root.iter(f"{SVG}circle")):
        x = float(shape.get("x") or shape.get("cx") or -1)
        assert 0 <= x <= x + float(shape.get("width", "0")) <= width


def test_names_of_any_kind_stay_text_within_the_drawing() -> None:
    names = ["</svg><script>alert(1)</script>", "x" * 500, "W" * 40]
    svg = plot("<b>", [], [Bars("Bars", "of", [(name, 33.3) for name in names], ours=True)])
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "style", "rect", "text"}


def test_nothing_to_plot_is_a_plot() -> None:
    nothing = distributions([])
    assert nothing.numbers()["trajectories"] == 0
    ET.fromstring(nothing.svg())


def test_a_notebook_shows_the_drawing_and_a_table_of_the_same_figures() -> None:
    found = distributions(SHOP)
    assert found._repr_svg_() == found.svg()
    html = found._repr_html_()
    assert html.startswith("<svg")
    for title in MEASURES.values():
        assert f"{title}<td>" in html
    assert "46.1" in html
    assert 'aria-label="5 trajectories beside the figures of the GEM paper"' in html
