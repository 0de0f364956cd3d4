"""What an item costs at each stage on one core, and a million of them; what a model is sent and answers."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import gem_sim  # noqa: E402
from gem_sim.cli import run  # noqa: E402
from gem_sim.engine import judge  # noqa: E402
from gem_sim.engine.refining import refine_record  # noqa: E402
from gem_sim.engine.run import KEPT_ROWS  # noqa: E402
from gem_sim.errors import InputError  # noqa: E402
from gem_sim.formats import read_records, read_trajectories  # noqa: E402
from gem_sim.formats.shards import plan  # noqa: E402
from gem_sim.induce import induce  # noqa: E402
from gem_sim.pipeline.documents import read_documents  # noqa: E402
from gem_sim.pipeline.filter import judge as judge_segments  # noqa: E402
from gem_sim.pipeline.ledger import Ledger  # noqa: E402
from gem_sim.pipeline.llm import Client  # noqa: E402
from gem_sim.pipeline.relevance import read_model  # noqa: E402
from gem_sim.pipeline.synthesize import synthesize  # noqa: E402
from gem_sim.pipeline.teacher import Model  # noqa: E402
from tests.pipeline.endpoint import serving  # noqa: E402
from tests.pipeline.recorded import Recorded, chosen_rows  # noqa: E402

TEXTS = ROOT.parent / "shared" / "data" / "texts.jsonl"
MILLION = 1_000_000
HOUR = 3_600.0
# Of the texts, every so many-th one goes through the stages after the filter.
EACH = 8
# How many trajectories are verified.
RECORDS = 300


def measure(repeat: int = 2) -> dict[str, Any]:
    """Return for each stage the items, the milliseconds of CPU time for one, and the core hours for a million.

    CPU time of this process, children included, the median of `repeat` rounds where a stage can be repeated. `bytes` is
    what an item takes on the disk where it is read, and where its result is written. `model` has, for passages taken
    through all stages with a teacher's replies from files, requests and characters in and out for one.
    `cut_mb_per_second` is how fast one process cuts JSON lines into shards.
    """
    if not TEXTS.is_file():
        raise InputError("the passages are not there", file=str(TEXTS), cure="put texts.jsonl there")
    os.environ.setdefault("OPENAI_API_KEY", "any")
    stages = [_filtered(repeat)]
    with TemporaryDirectory() as folder:
        stages += _synthesized(Path(folder))
        stages += _on_trajectories(Path(folder), repeat)
        model = _asked(Path(folder))
        cut = _cut(Path(folder), repeat)
    return {"stages": stages, "model": model, "cut_mb_per_second": cut}


def _row(stage: str, item: str, items: int, seconds: float, read: int = 0, written: int = 0) -> dict[str, Any]:
    each = seconds / items
    row = {"stage": stage, "item": item, "items": items, "ms": round(each * 1e3, 3)}
    row["core_hours_per_million"] = round(each * MILLION / HOUR, 2)
    return {**row, "read_bytes": round(read / items), "written_bytes": round(written / items)}


def _cpu(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the median CPU seconds of some work, its child processes included."""
    found = []
    for _ in range(repeat):
        begun = _spent()
        work()
        found.append(_spent() - begun)
    return median(found)


def _spent() -> float:
    """Return the CPU seconds of this process, of its children that ended, and of those that run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:13])) if int(fields[1]) == os.getpid() else 0
    return sum(one.ru_utime + one.ru_stime for one in used) + ticks / os.sysconf("SC_CLK_TCK")


def _filtered(repeat: int) -> dict[str, Any]:
    documents, model = list(read_documents([TEXTS])), read_model()
    segments = list(judge_segments(documents, model))
    seconds = _cpu(lambda: list(judge_segments(documents, model)), repeat)
    size = sum(len(document.text.encode()) for document in documents)
    written = sum(len(str(segment.row())) for segment in segments)
    return {**_row("filter", "segment", len(segments), seconds, size, written), "mb_per_second": size / 1e6 / seconds}


def _synthesized(folder: Path) -> list[dict[str, Any]]:
    """Take the texts through the stages after the filter by rules, one stage after the other."""
    workspace, refined, texts = folder / "workspace", folder / "refined", folder / "texts.jsonl"
    gem_sim.formats.write_rows(texts, [document.row for document in islice(read_documents([TEXTS]), None, None, EACH)])
    quiet = ["--concurrency", "1"]

    def stage(*arguments: str) -> Callable[[], object]:
        def call() -> None:
            with redirect_stdout(StringIO()):
                run([*arguments, *quiet])

        return call

    filtering = _cpu(lambda: list(judge_segments(read_documents([texts]), read_model())))
    extract = _cpu(stage("extract", str(texts), "--out", str(workspace))) - filtering
    ground = _cpu(stage("ground", str(workspace)))
    with Ledger(workspace) as ledger:
        kept = {name: len(ledger.kept(name)) for name in ("filter", "extract", "ground")}
    (refined / "x").parent.mkdir()
    (refined / "ledger.sqlite").write_bytes((workspace / "ledger.sqlite").read_bytes())
    validate = _cpu(stage("validate", str(workspace), "--no-refine"))
    harder = _cpu(stage("validate", str(refined)))
    plain, twins = _trajectories_in(workspace), _trajectories_in(refined)
    return [
        _row("extract (rules)", "segment kept", kept["filter"], extract),
        _row("ground (rules)", "environment", kept["extract"], ground),
        _row("validate", "conversation", plain[0], validate, 0, plain[1]),
        _row("refine and validate", "conversation", twins[0], harder, 0, twins[1]),
    ]


def _trajectories_in(workspace: Path) -> tuple[int, int]:
    files = list(workspace.glob("environments/*/trajectories.jsonl"))
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    return len(lines), sum(map(len, lines))


def _on_trajectories(folder: Path, repeat: int) -> list[dict[str, Any]]:
    rows = []
    for name in ("library", "frame_shop"):
        environment = gem_sim.load_environment(name)
        path = Path(str(environment.folder)) / "trajectories.jsonl"
        number, size = len(list(read_records(path))), path.stat().st_size
        for trusted in (True, False):
            where = gem_sim.load_environment(name, trusted=trusted)
            rounds = max(1, RECORDS // number)

            def verified(rounds: int, where: gem_sim.Environment = where, path: Path = path) -> int:
                records = (record for _ in range(rounds) for record in read_records(path))
                return sum(len(judge(record, where).verdict.model_dump_json()) for record in records)

            # The first round compiles and starts, and is not counted.
            written = verified(1)
            spent = _cpu(partial(verified, rounds), repeat)
            stage = f"verify {name}" + ("" if trusted else ", untrusted")
            rows.append(_row(stage, "trajectory", number * rounds, spent, size * rounds, written * rounds))

        def refined(environment: gem_sim.Environment = environment, path: Path = path) -> list[object]:
            return [refine_record(record, environment) for record in read_records(path)]

        rows.append(_row(f"refine {name}", "trajectory", number, _cpu(refined), size))
    recordings = list(read_trajectories(Path(str(gem_sim.load_environment("library").folder)) / "trajectories.jsonl"))
    seconds = _cpu(lambda: induce(recordings, folder / "induced"))
    return [*rows, _row("induce library", "recording", len(recordings), seconds)]


def _cut(folder: Path, repeat: int) -> float:
    """Return megabytes of JSON lines that one process cuts into shards in a second of CPU time, digests included."""
    path = folder / "much.jsonl"
    line = (Path(str(gem_sim.load_environment("library").folder)) / "trajectories.jsonl").read_bytes()
    path.write_bytes(line * 100)
    return path.stat().st_size / 1e6 / _cpu(lambda: list(plan([str(path)], KEPT_ROWS, folder)), repeat)


class _Counting(Recorded):
    """The endpoint with recorded replies, and how much it was asked."""

    asked = said = requests_made = 0

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, reply = super().answer(body)
        self.requests_made += 1
        self.asked += sum(len(str(message["content"])) for message in body["messages"])
        if status == 200:
            self.said += len(str(reply["choices"][0]["message"]["content"]))
        return status, reply


def _asked(folder: Path) -> dict[str, Any]:
    rows = chosen_rows(TEXTS)
    chosen = folder / "chosen.jsonl"
    gem_sim.formats.write_rows(chosen, rows)
    with serving(endpoint=_Counting(rows)) as endpoint, Ledger(folder / "asked") as ledger:
        client = Client("recorded", ledger, base_url=endpoint.base_url)
        synthesize([chosen], folder / "asked", Model(client, "single"), concurrency=2, ledger=ledger, harder=True)
    assert isinstance(endpoint, _Counting)
    number = len(rows)
    return {
        "passages": number,
        "requests": round(endpoint.requests_made / number, 2),
        "characters_in": round(endpoint.asked / number),
        "characters_out": round(endpoint.said / number),
        "trajectories": round(_trajectories_in(folder / "asked")[0] / number, 2),
    }


def table(measured: dict[str, Any]) -> str:
    """Return the numbers as text."""
    lines = [
        f"{'stage':<36}{'item':<14}{'items':>6}{'ms':>10}{'core hours/million':>20}{'bytes in':>10}{'bytes out':>11}"
    ]
    for row in measured["stages"]:
        cells = f"{row['items']:>6}{row['ms']:>10}{row['core_hours_per_million']:>20}"
        sizes = f"{row['read_bytes'] or '':>10}{row['written_bytes'] or '':>11}"
        lines.append(f"{row['stage']:<36}{row['item']:<14}{cells}{sizes}")
    speed = next(row["mb_per_second"] for row in measured["stages"] if "mb_per_second" in row)
    lines.append(f"the filter reads {speed:.1f} MB a second on one core")
    lines.append(f"one process cuts {measured['cut_mb_per_second']:.0f} MB a second into shards")
    model = measured["model"]
    lines.append(
        f"with a model, for a passage: {model['requests']} requests, {model['characters_in']} characters in, "
        f"{model['characters_out']} out, {model['trajectories']} trajectories (means of {model['passages']} passages)"
    )
    return "\n".join(lines)
