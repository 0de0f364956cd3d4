"""The command line: every command, every exit status, every broken input one clear line."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from gem_sim.cli import run
from tests.conftest import CASES, ROOT, shared_data

DESK = str(CASES / "environments" / "desk")
LOOPS = str(CASES / "environments" / "loops")
SHOP = ROOT / "environments" / "frame_shop"

GOOD = json.dumps(
    {
        "id": "good",
        "messages": [
            {"role": "user", "content": "Look Ada up."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "find_member", "arguments": '{"name": "Ada"}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"member_id": "M1", "age": 36}'},
            {"role": "assistant", "content": "She is a member."},
        ],
    }
)
BAD = GOOD.replace('\\"age\\": 36', '\\"age\\": 35').replace('"good"', '"bad"')
OPEN = (
    GOOD.replace("find_member", "ask_price")
    .replace("Look Ada up.", "What does B1 cost?")
    .replace('\\"name\\": \\"Ada\\"', '\\"book_id\\": \\"B1\\"')
    .replace('\\"member_id\\": \\"M1\\", \\"age\\": 36', '\\"book_id\\": \\"B1\\", \\"price\\": 3')
)


class Result(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def call(*arguments: object) -> Result:
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(status, out, err)

    return call


def write(tmp_path: Path, *lines: str, name: str = "t.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("lines", "status"), [([GOOD], 0), ([GOOD, BAD], 1), ([GOOD, OPEN], 3), ([OPEN, BAD], 1), ([], 2)]
)
def test_the_exit_status_is_the_worst_verdict(cli, tmp_path: Path, lines: list[str], status: int) -> None:  # type: ignore[no-untyped-def]
    assert cli("verify", write(tmp_path, *lines), "--env", DESK).status == status


def test_json_prints_one_verdict_a_line_with_the_keys_of_the_contract(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = cli("verify", write(tmp_path, GOOD, BAD), "--env", DESK, "--json")
    good, bad = map(json.loads, result.out.splitlines())
    assert set(good) == {"id", "verdict", "calls", "state_digest", "findings"}
    assert (good["id"], good["verdict"], good["calls"], good["findings"]) == ("good", "pass", 1, [])
    (finding,) = bad["findings"]
    expected = {"code", "severity", "turn", "call", "tool", "argument", "path", "message", "evidence"}
    assert set(finding) == expected
    assert (finding["code"], finding["path"]) == ("result.mismatch", "$.age")


def test_out_and_report_are_written_whole(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out, report = tmp_path / "verdicts.jsonl", tmp_path / "report.html"
    cli("verify", write(tmp_path, GOOD, BAD), "--env", DESK, "--out", out, "--report", report)
    assert [json.loads(line)["verdict"] for line in out.read_text().splitlines()] == ["pass", "fail"]
    assert "</html>" in report.read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "t.jsonl", "verdicts.jsonl"]


def test_a_bad_line_costs_that_line_only(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path, GOOD, GOOD[:60], BAD, '{"no": "messages"}', GOOD)
    result = cli("verify", path, "--env", DESK, "--json")
    verdicts = [json.loads(line) for line in result.out.splitlines()]
    assert [v["verdict"] for v in verdicts] == ["pass", "fail", "fail", "fail", "pass"]
    assert [v["findings"][0]["code"] for v in (verdicts[1], verdicts[3])] == ["format.unreadable"] * 2
    assert result.status == 1
    complaints = result.err.splitlines()
    assert len(complaints) == 2
    assert f"{path}:2" in complaints[0]
    assert f"{path}:4" in complaints[1]


def test_several_files_gzip_and_standard_input(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress((GOOD + "\n").encode()))
    assert cli("verify", packed, write(tmp_path, GOOD), "--env", DESK).status == 0
    command = [sys.executable, "-m", "gem_sim", "verify", "-", "--env", DESK, "--json"]
    done = subprocess.run(command, input=GOOD, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "pass")


def test_workers_give_the_same_bytes(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    lines = [line.replace('"good"', f'"g{n}"') for n, line in enumerate([GOOD, GOOD[:50], BAD, OPEN] * 20)]
    path = write(tmp_path, *lines)
    one = cli("verify", path, "--env", DESK, "--json")
    two = cli("verify", path, "--env", DESK, "--json", "--workers", 2)
    assert one == two


def unusable(tmp_path: Path) -> list[tuple[str, list[object], str]]:
    good = write(tmp_path, GOOD, name="good.jsonl")
    utf16 = tmp_path / "utf16.jsonl"
    utf16.write_text(GOOD, encoding="utf-16")
    quoted = tmp_path / "environments" / "desk"
    shutil.copytree(DESK, quoted)
    text = (quoted / "environment.json").read_text()
    (quoted / "environment.json").write_text(text.replace('"quote": "no more than two', '"quote": "no more than six'))
    return [
        ("a file that is not there", ["verify", tmp_path / "none.jsonl", "--env", DESK], "none.jsonl"),
        ("a folder", ["verify", tmp_path, "--env", DESK], str(tmp_path)),
        ("another encoding", ["verify", utf16, "--env", DESK], "UTF-8"),
        ("an unknown environment", ["verify", good, "--env", "nowhere"], "nowhere"),
        ("a quote not in its source", ["verify", good, "--env", quoted], "environment.json"),
        ("an unknown engine", ["verify", good, "--env", DESK, "--engine", "steam"], "steam"),
        ("no environment", ["verify", good], "--env"),
        ("an unknown option", ["verify", good, "--env", DESK, "--fast"], "--fast"),
        ("an unknown command", ["verfy"], "verfy"),
    ]


@pytest.mark.parametrize("index", range(9))
def test_what_is_unusable_ends_in_status_2_and_one_line(cli, tmp_path: Path, index: int) -> None:  # type: ignore[no-untyped-def]
    _, arguments, words = unusable(tmp_path)[index]
    result = cli(*arguments)
    assert result.status == 2
    assert words in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err


def test_a_stub_that_loops_costs_its_trajectory_only(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    def row(turns: int) -> str:
        arguments = json.dumps({"turns": turns})
        return (
            GOOD.replace("find_member", "spin")
            .replace(json.dumps('{"name": "Ada"}'), json.dumps(arguments))
            .replace('{\\"member_id\\": \\"M1\\", \\"age\\": 36}', '{\\"turns\\": 0}')
        )

    result = cli("verify", write(tmp_path, row(-1), row(3)), "--env", LOOPS, "--json")
    verdicts = [json.loads(line) for line in result.out.splitlines()]
    assert [v["verdict"] for v in verdicts] == ["undecided", "pass"]
    assert verdicts[0]["findings"][0]["code"] == "replay.broken"
    assert result.status == 2
    assert len(result.err.splitlines()) == 1
    assert "spin" in result.err
    assert "fuel" in result.err


def test_a_line_of_200_megabytes_ends_in_one_line_and_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("w") as file:
        file.write(GOOD + "\n" + '{"messages": "')
        for _ in range(200):
            file.write("x" * (1 << 20))
        file.write('"}\n' + GOOD + "\n")
    # `ru_maxrss` of a new process counts what the one that started it had; the peak of its own memory is in `/proc`.
    script = (
        "import pathlib, resource, sys; from gem_sim.cli import run\n"
        "status = run(sys.argv[1:])\n"
        "own = pathlib.Path('/proc/self/status')\n"
        "lines = own.read_text().splitlines() if own.exists() else []\n"
        "peaks = [int(line.split()[1]) for line in lines if line.startswith('VmHWM')]\n"
        "peaks += [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]\n"
        "print(peaks[0] // 1024, file=sys.stderr)\n"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", script, "verify", str(path), "--env", DESK, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    complaint, megabytes = done.stderr.splitlines()
    assert done.returncode == 1
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["pass", "fail", "pass"]
    assert f"{path}:2" in complaint
    assert int(megabytes) < 400


def test_the_published_trajectory_fails_at_the_second_size_check(cli) -> None:  # type: ignore[no-untyped-def]
    result = cli("verify", shared_data("gem_appendix_f.json"), "--env", "frame_shop")
    assert result.status == 1
    assert "first divergence: turn 4, call 5, check_size_constraints\n" in result.out


def test_demo_tells_both_stories_and_writes_a_report(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = cli("demo", "--report", tmp_path / "demo.html")
    assert result.status == 0
    assert "result.mismatch" in result.out
    assert "place_custom_order, is void" in result.out
    assert "verdict: pass (verified by replay)" in result.out
    assert "check_size_constraints" in (tmp_path / "demo.html").read_text()
    verdicts = cli("demo", "--report", tmp_path / "demo.html", "--json").out.splitlines()
    assert [json.loads(line)["verdict"] for line in verdicts] == ["fail", "pass"]


def test_compile_writes_into_the_workspace_and_always_the_same(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "environments" / "desk"
    shutil.copytree(DESK, folder)
    assert cli("compile", folder).status == 0
    written = tmp_path / "generated_tools" / "desk.py"
    first = written.read_bytes()
    again = cli("compile", folder, "--json")
    assert written.read_bytes() == first
    assert set(json.loads(again.out)["tools"]) >= {"lend_book", "find_member"}
    text = first.decode()
    assert "# R2 (source.md:3): A member may have at most two books at a time." in text
    assert "MAX_LOANS = 2" in text
    assert "do not edit" in text


def test_graph_draws_mermaid_svg_and_json(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert cli("graph", DESK).out.startswith("flowchart")
    assert cli("graph", DESK, "--format", "svg").out.startswith("<svg")
    graph = json.loads(cli("graph", DESK, "--json").out)
    assert "lend" in json.dumps(graph)
    assert cli("graph", DESK, "--out", tmp_path / "desk.svg").status == 0
    assert (tmp_path / "desk.svg").read_text().startswith("<svg")


def test_graph_lays_a_trajectory_over_the_drawing(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "two.jsonl").write_text(f"{GOOD}\n{BAD}\n")
    first = json.loads(cli("graph", DESK, "--with", tmp_path / "two.jsonl", "--json").out)
    assert (first["trajectory"], [call["fate"] for call in first["path"]]) == ("good", ["fine"])
    second = cli("graph", DESK, "--with", tmp_path / "two.jsonl", "--id", "bad", "--format", "svg")
    assert "✕ 1" in second.out
    assert "result.mismatch" in second.out


def test_graph_shows_the_evidence_asked_for(cli) -> None:  # type: ignore[no-untyped-def]
    told = json.loads(cli("graph", DESK, "--evidence", "state, data", "--json").out)
    assert {edge["kind"] for edge in told["edges"]} == {"state", "data"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--evidence", "declared,hearsay"], "'hearsay'; choose of declared, stated, data, state"),
        (["--evidence", ","], "no evidence is named"),
        (["--id", "good"], "name the file with --with"),
        (["--with", "{file}", "--id", "none"], "no readable trajectory 'none'"),
    ],
)
def test_graph_says_what_it_cannot_draw(cli, tmp_path: Path, arguments: list[str], words: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "one.jsonl").write_text(f"{GOOD}\n")
    result = cli("graph", DESK, *[a.format(file=tmp_path / "one.jsonl") for a in arguments])
    assert result.status == 2
    assert words in result.err
    assert len(result.err.splitlines()) == 1


def test_schemas_in_docs_are_those_of_the_code(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert cli("schemas", "--out", tmp_path).status == 0
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text() for path in (ROOT / "docs" / "schemas").iterdir()}


def test_a_fault_of_ours_is_70(cli, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def crash(_name: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("gem_sim.simulator.load_environment", crash)
    result = cli("compile", DESK)
    assert result.status == 70
    assert "planted" in result.err.splitlines()[-1]


@pytest.mark.parametrize(
    "command",
    ["synthesize {file} --model offline --out {taken}", f"check {DESK} --out {{taken}}", "schemas --out {taken}/x"],
)
def test_a_folder_that_cannot_be_made_ends_in_one_line_with_a_cure(cli, tmp_path: Path, command: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "texts.jsonl").write_text('{"text": "1. Open the door. 2. Close the door."}\n')
    (tmp_path / "taken").touch()
    result = cli(*command.format(file=tmp_path / "texts.jsonl", taken=tmp_path / "taken").split())
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert str(tmp_path / "taken") in line
    assert "; name a " in line


@pytest.mark.parametrize(("command", "kept"), [("synthesize", True), ("verify", False)])
def test_an_interrupted_run_says_how_it_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, kept: bool
) -> None:
    def interrupted(**_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gem_sim.cli.app", interrupted)
    assert run([command, "x"]) == 130
    assert ("the same command goes on from there" in capsys.readouterr().err) is kept
