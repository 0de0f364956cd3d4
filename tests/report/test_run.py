"""Runs to look at: verdicts, trajectories and workspaces as one page, and large ones from their files."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from gem_sim.cli import run
from gem_sim.formats.paged import PagedRows
from gem_sim.report.run import Conversations, kind_of_run, verdict_of
from gem_sim.report.serving import open_server
from gem_sim.report.sheet import PAGE
from gem_sim.report.viewer import Viewer, Wanted, wanted_of
from tests.chromium import browser, chromium
from tests.conftest import ROOT, environment
from tests.report.test_html import Page, lines_of

SHOP = ROOT / "environments" / "frame_shop"
BAD = SHOP / "known_bad.jsonl"
NOTHING = Wanted({}, "", 0, None)


@pytest.fixture
def verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "verdicts.jsonl"
    assert run(["verify", str(BAD), str(SHOP / "trajectories.jsonl"), "--env", "frame_shop", "--out", str(path)]) == 1
    capsys.readouterr()
    return path


def report(*arguments: str | Path, status: int = 0) -> list[dict[str, Any]]:
    out = Path(str(arguments[0])).parent / "page.html"
    out.unlink(missing_ok=True)
    assert run(["report", *map(str, arguments), "--out", str(out)]) == status
    return lines_of(out.read_text()) if status == 0 else []


def test_verdicts_with_their_trajectories_give_the_page_that_verify_writes(verdicts: Path, tmp_path: Path) -> None:
    direct = tmp_path / "direct.html"
    files = [str(BAD), str(SHOP / "trajectories.jsonl")]
    run(["verify", *files, "--env", "frame_shop", "--report", str(direct)])
    later = report(verdicts, "--env", "frame_shop", "--with", files[0], "--with", files[1])
    assert later == lines_of(direct.read_text())
    assert (tmp_path / "page.html").read_bytes() == direct.read_bytes()


def test_verdicts_alone_give_their_findings(verdicts: Path) -> None:
    lines = report(verdicts, "--env", "frame_shop")
    assert [line["v"] for line in lines] == ["fail"] * 8 + ["pass"] * 5
    assert "result.mismatch" in lines[0]["body"]
    assert 'class="m user"' not in lines[0]["body"]


def test_verdicts_whose_conversations_are_not_there_are_counted(
    verdicts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(verdicts, "--env", "frame_shop", "--with", BAD)
    assert capsys.readouterr().err == f"gem-sim: 5 of the verdicts have no conversation in {BAD}\n"
    report(verdicts, "--env", "frame_shop")
    assert capsys.readouterr().err == ""


def test_a_folder_of_shards_names_its_environment(verdicts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    rows = verdicts.read_text().splitlines(keepends=True)
    (folder / "part-000000.jsonl").write_text("".join(rows[:5]))
    (folder / "part-000001.jsonl").write_text("".join(rows[5:]))
    (folder / "_manifest.json").write_text('{"environment": "frame_shop"}')
    assert len(report(folder)) == 13
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    arrow = pytest.importorskip("pyarrow")
    (folder / "part-000001.jsonl").unlink()
    loaded = [json.loads(row) for row in rows[5:]]
    columns = [{**row, "findings": json.dumps(row["findings"])} for row in loaded]
    parquet.write_table(arrow.Table.from_pylist(columns), folder / "part-000001.parquet")
    assert len(report(folder)) == 13


def test_trajectories_are_judged_and_a_workspace_shows_all_its_environments(tmp_path: Path) -> None:
    source = tmp_path / "known_bad.jsonl"
    shutil.copy(BAD, source)
    assert len(report(source, "--env", "frame_shop")) == 8
    workspace = tmp_path / "workspace"
    (workspace / "verifiers").mkdir(parents=True)
    for name in ("frame_shop", "library"):
        shutil.copytree(ROOT / "environments" / name, workspace / "environments" / name)
        shutil.copy(ROOT / "verifiers" / f"{name}.py", workspace / "verifiers")
        few = workspace / "environments" / name / "trajectories.jsonl"
        few.write_text("".join(few.read_text().splitlines(keepends=True)[:3]))
    assert kind_of_run(workspace) == "workspace"
    lines = report(workspace, "--trusted")
    assert [(line["e"], line["v"]) for line in lines] == [("e1", "pass")] * 3 + [("e2", "pass")] * 3
    text = (tmp_path / "page.html").read_text()
    assert "2 environments" in Page(text).text
    assert Page(text).values("data-environment") == ["e1", "e2"]
    # The sentences of each lead into its own source text.
    ids = Page(text).values("id")
    assert len([one for one in ids if one.startswith(("e1-s", "e2-s"))]) == len({i for i in ids if "-s" in i})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.jsonl"], "there is no such file or folder"),
        (["verdicts.jsonl"], "nothing says in which environment"),
        (["bad.jsonl", "--env", "frame_shop"], "bad.jsonl:2: no verdict"),
        (["known_bad.jsonl", "--env", "frame_shop", "--with", "known_bad.jsonl"], "leave --with out"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_line(
    arguments: list[str],
    words: str,
    verdicts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(verdicts.parent)
    shutil.copy(BAD, "known_bad.jsonl")
    Path("bad.jsonl").write_text(verdicts.read_text().splitlines()[0] + '\n{"id": "x", "verdict": "fine"}\n')
    for command in ("report", "view"):
        assert run([command, *arguments]) == 2
        told = capsys.readouterr().err.strip().splitlines()
        assert words in told[-1]
    assert not Path("report.html").exists()


@pytest.fixture
def viewer(verdicts: Path) -> Viewer:
    conversations = Conversations([str(BAD), str(SHOP / "trajectories.jsonl")])
    return Viewer(PagedRows([verdicts]), conversations, environment("frame_shop"))


def test_a_viewer_answers_as_a_page_does(viewer: Viewer, verdicts: Path) -> None:
    files = [str(BAD), str(SHOP / "trajectories.jsonl")]
    lines = report(verdicts, "--env", "frame_shop", "--with", files[0], "--with", files[1])
    answer: Any = viewer.rows(NOTHING)
    assert [(row["n"], row["v"], row["h"]) for row in answer["rows"]] == [(x["n"], x["v"], x["h"]) for x in lines]
    assert (answer["total"], answer["of"], answer["from"]) == (13, 13, 0)
    assert answer["counts"]["verdict"] == {"fail": 8, "pass": 5}
    for line in lines:
        assert viewer.body(line["n"]) == line["body"]


def test_filters_of_a_viewer_hold_together_and_counts_leave_their_own_kind_out(viewer: Viewer) -> None:
    wanted = wanted_of({"family": ["order"], "verdict": ["fail"]})
    answer: Any = viewer.rows(wanted)
    rows = [verdict_of(*reversed(viewer._rows.row(row["n"] - 1))) for row in answer["rows"]]  # type: ignore[arg-type]
    assert len(rows) == 4
    assert all(any(finding.code.startswith("order.") for finding in row.findings) for row in rows)
    assert answer["counts"]["family"]["goal"] == 5
    assert answer["counts"]["verdict"] == {"fail": 4}
    assert answer["counts"]["code"]["order.missing_step"] == 2
    nothing: Any = viewer.rows(wanted_of({"verdict": ["undecided"]}))
    assert (nothing["total"], nothing["rows"]) == (0, [])


@pytest.mark.parametrize(("words", "number"), [("WRONG-TOTAL", 1), ("needs a successful call", 2), ('"confirmed"', 2)])
def test_a_viewer_finds_ids_and_words_of_findings(viewer: Viewer, words: str, number: int) -> None:
    answer: Any = viewer.rows(wanted_of({"words": [words]}))
    assert answer["total"] == number
    assert sum(answer["counts"]["verdict"].values()) == number


def test_a_viewer_of_many_turns_pages_and_finds_the_page_of_one(verdicts: Path) -> None:
    many = verdicts.with_name("many.jsonl")
    many.write_text(verdicts.read_text() * 20)
    viewer = Viewer(PagedRows([many]), None, environment("frame_shop"))
    seen = []
    for start in range(0, 260, PAGE):
        answer: Any = viewer.rows(NOTHING._replace(start=start))
        seen += [row["n"] for row in answer["rows"]]
    assert sorted(seen) == list(range(1, 261))
    last: Any = viewer.rows(NOTHING._replace(place=260))
    assert 260 in [row["n"] for row in last["rows"]]
    assert last["from"] % PAGE == 0
    with pytest.raises(IndexError):
        viewer.body(261)


@pytest.fixture
def served(viewer: Viewer) -> Iterator[str]:
    server, address = open_server(viewer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def get(address: str, path: str, host: str | None = None) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def test_only_who_has_the_address_gets_an_answer(served: str) -> None:
    parts = urlsplit(served)
    assert parts.hostname == "127.0.0.1"
    assert get(served, parts.path)[0] == 200
    assert get(served, "/")[0] == 403
    assert get(served, "/rows")[0] == 403
    assert get(served, f"{parts.path}rows")[0] == 200
    # A name that was made to lead here (DNS rebinding).
    assert get(served, parts.path, host="evil.example") == (403, "this is not the address that was printed")
    assert get(served, parts.path, host=f"evil.example:{parts.port}")[0] == 403
    for path in ("body/0", "body/99", "body/x", "../v", "rows?from=x", "body/"):
        assert get(served, f"{parts.path}{path}")[0] == 404


def test_the_command_tells_the_address_and_ends_with_ctrl_c(
    verdicts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("http.server.ThreadingHTTPServer.serve_forever", interrupted)
    assert run(["view", str(verdicts), "--env", "frame_shop"]) == 0
    assert capsys.readouterr().out.startswith("13 verdicts at http://127.0.0.1:")
    assert run(["view", str(BAD), "--env", "frame_shop"]) == 0
    assert capsys.readouterr().out.startswith("8 verdicts at http://127.0.0.1:")


def test_files_that_change_meanwhile_are_told_of(verdicts: Path) -> None:
    viewer = Viewer(PagedRows([verdicts]), None, environment("frame_shop"))
    verdicts.write_text("<b>gone</b>\n" * 2_000)
    server, address = open_server(viewer)
    with server:
        Thread(target=server.serve_forever, daemon=True).start()
        status, words = get(address, f"{urlsplit(address).path}body/2")
        server.shutdown()
    assert status == 500
    assert "the record is not JSON" in words


@pytest.mark.skipif(browser() is None, reason="there is no Chromium on this machine")
def test_a_browser_looks_through_a_served_run(served: str) -> None:
    with chromium() as running:
        tab = running.tab()
        tab.open(served)
        tab.wait("document.getElementById('shown').value === '13 of 13 listed'")
        tab.run("document.querySelector('[data-verdict=pass]').click()")
        tab.wait("document.querySelectorAll('.t').length === 5")
        tab.run("document.querySelector('.t > summary').click()")
        tab.wait("document.querySelector('.t .body .good') !== null")
        tab.run("location.hash = '#t1-c5'")
        tab.wait("document.activeElement.closest('#t1-c5') !== null")
        assert "60 cm by 70 cm only" in tab.run("document.querySelector('#t1-c5').innerText")
        assert tab.complaints() == []
        assert all(url.startswith(served) for url in tab.fetched())
