"""A small language model takes three passages through all stages, by gem-sim's own commands and ledger.

Where no environment of the model's holds together, it goes on in the one that the rules (`--model offline`) make of the
passage, so that it grounds and judges too; both are told apart. The model is read from the file named by GEM_SIM_MODEL
(benchmarks/README.md says how to get it) and served on loopback. The workspaces stand beside it; a run that was stopped
goes on there.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gem_sim.errors import InputError  # noqa: E402
from gem_sim.pipeline.draft import load_draft  # noqa: E402
from gem_sim.pipeline.extraction import LEAST_ROWS, draft_of_reply, problems  # noqa: E402
from gem_sim.pipeline.ledger import Attempt, Ledger  # noqa: E402
from gem_sim.pipeline.llm import read_reply, request_of  # noqa: E402
from gem_sim.pipeline.prompts import load_prompt  # noqa: E402
from gem_sim.pipeline.teaching import Item  # noqa: E402

TEXTS = ROOT.parent / "shared" / "data" / "texts.jsonl"
NAME = "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
# Short ones of three offices: expenses, donated leave, a change of name.
PASSAGES = ("t-5572f03deb", "t-597a3ac953", "t-6be752e744")
REPLY_TOKENS = 2_500
REPLY_SECONDS = 3_600
# A small model in so many tokens: one conversation.
FEWER = ("--conversations", "1")
STAGES = ("filter", "extract", "ground", "refine", "validate")
# What the ledger notes of a reply that was the JSON object asked for.
_PARSED = ("done", "does not hold together")


def measure(seconds: float = 7_200) -> dict[str, Any]:
    """Return what became of each passage at each stage, and how many extractions parsed, compiled and were verified.

    `by_rules` is the same of the passages whose extraction failed, from the environments that rules made of them.

    Of a passage whose extraction was under way when the time was up, the first reply is judged where there is one.

    Args:
        seconds: When to stop; the second part has what the first leaves, and at least a third.

    Raises:
        InputError: If the model or the passages are not there.
    """
    begun = time.monotonic()
    model = _model_file()
    workspace = model.parent / f"workspace-{_asked_digest()}"
    by_rules = workspace.with_name(f"{workspace.name}-by-rules")
    with _served(model) as address:
        ended = _gone_through(workspace, PASSAGES, (_synthesize(workspace, address),), seconds * 2 / 3)
        with Ledger(workspace) as ledger:
            report = _report(ledger, PASSAGES)
        left = tuple(passage["passage"] for passage in report["passages"] if not passage["compiled"])
        commands = _from_rules(by_rules, address)
        ended_there = _gone_through(by_rules, left, commands, seconds - (time.monotonic() - begun)) if left else ""
    if left:
        with Ledger(by_rules) as ledger:
            report["by_rules"] = {"ended": ended_there, **_report(ledger, left)}
    return {"model": NAME, "sha256": SHA256, "ended": ended, **report, "seconds": round(time.monotonic() - begun)}


def _model_file() -> Path:
    named = os.environ.get("GEM_SIM_MODEL", "")
    cure = "set GEM_SIM_MODEL to the file that benchmarks/README.md says how to make"
    if not Path(named).is_file():
        raise InputError("the model is not there", file=named or "GEM_SIM_MODEL", cure=cure)
    with Path(named).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise InputError(f"this is not {NAME}", file=named, cure=cure)
    return Path(named).resolve()


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError("the passages are not there", file=str(path), cure="put texts.jsonl there")
    return path.read_text(encoding="utf-8").splitlines()


def _asked_digest() -> str:
    """Return a digest of all that is asked, so that a workspace of other prompts is not gone on with."""
    names = ("extract", "mend", "ground", "judge")
    prompts = [(load_prompt(name).text, load_prompt(name).schema) for name in names]
    asked = json.dumps([prompts, PASSAGES, REPLY_TOKENS, SHA256])
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


@contextmanager
def _served(model: Path) -> Iterator[str]:
    """Serve the model while the block runs; give the address."""
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(model)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        if not address:
            raise InputError("the model is not served", cure="pip install xllamacpp, as benchmarks/README.md says")
        yield f"{address}/v1"
    finally:
        server.kill()
        server.wait()


def _synthesize(workspace: Path, address: str) -> list[str]:
    """Return the arguments of the command that takes the passages all the way."""
    return ["synthesize", str(workspace / "texts.jsonl"), "--out", str(workspace), *_teacher(address), *FEWER]


def _from_rules(workspace: Path, address: str) -> tuple[list[str], ...]:
    """Return the arguments of the commands by which the model goes on where rules have made the environments."""
    extract = ["extract", str(workspace / "texts.jsonl"), "--out", str(workspace)]
    ground = ["ground", str(workspace), *_teacher(address), *FEWER]
    return extract, ground, ["validate", str(workspace), *_teacher(address)]


def _teacher(address: str) -> list[str]:
    bounds = ["--timeout", str(REPLY_SECONDS), "--max-tokens", str(REPLY_TOKENS)]
    return ["--model", NAME, "--base-url", address, "--grounding", "single", "--concurrency", "3", *bounds]


def _gone_through(workspace: Path, passages: Sequence[str], commands: Sequence[list[str]], seconds: float) -> str:
    """Run commands over passages; return "finished", or that the time was up."""
    until = time.monotonic() + seconds
    workspace.mkdir(exist_ok=True)
    rows = {row["id"]: row for row in map(json.loads, _lines(TEXTS))}
    texts = "".join(json.dumps(rows[name]) + "\n" for name in passages)
    (workspace / "texts.jsonl").write_text(texts, encoding="utf-8")
    environment = {**os.environ, "OPENAI_API_KEY": "any"}
    for arguments in commands:
        command = [sys.executable, "-m", "gem_sim", *arguments, "--json"]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, cwd=ROOT)
        try:
            run.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            return f"stopped after {seconds:.0f} seconds"
    return "finished"


def _report(ledger: Ledger, names: Sequence[str]) -> dict[str, Any]:
    settled = {(item, stage): (outcome, reason) for item, stage, outcome, reason in ledger.outcomes()}
    passages = [_passage(name, settled, ledger) for name in names]
    talks = [pair for (_, stage), pair in settled.items() if stage == "trajectory"]
    replies = [reply for passage in passages for reply in passage["replies"]]
    return {
        "passages": passages,
        "extractions": {
            "answered": sum(bool(passage["replies"]) for passage in passages),
            "parsed": sum(passage["parsed"] for passage in passages),
            "compiled": sum(passage["compiled"] for passage in passages),
            "verified": sum(passage["verified"] for passage in passages),
        },
        "conversations": {
            "verified": sum(outcome == "kept" for outcome, _ in talks),
            "rejected": dict(Counter(reason for outcome, reason in talks if outcome != "kept")),
        },
        "tokens_in": sum(reply["tokens_in"] for reply in replies),
        "tokens_out": sum(reply["tokens_out"] for reply in replies),
    }


def _passage(name: str, settled: dict[Any, tuple[str, str]], ledger: Ledger) -> dict[str, Any]:
    attempts = ledger.attempts(name)
    if (name, "extract") not in settled:
        attempts += _under_way(name, ledger)
    stages = {stage: " ".join(settled[name, stage]).strip() for stage in STAGES if (name, stage) in settled}
    asked = [attempt for stage, attempt in attempts if stage == "extract"]
    replies = [
        {
            "stage": stage,
            "prompt": attempt.prompt,
            "outcome": attempt.outcome,
            "reason": attempt.reason,
            "tokens_in": attempt.tokens_in,
            "tokens_out": attempt.tokens_out,
            "seconds": round(attempt.seconds),
        }
        for stage, attempt in attempts
        if attempt.model == NAME
    ]
    return {
        "passage": name,
        "stages": stages,
        "parsed": any(attempt.outcome in _PARSED for attempt in asked),
        "compiled": settled.get((name, "extract"), ("", ""))[0] == "kept",
        "verified": settled.get((name, "validate"), ("", ""))[0] == "kept",
        "replies": replies,
    }


def _under_way(name: str, ledger: Ledger) -> list[tuple[str, Attempt]]:
    """Return the first reply to an extraction that was not brought to an end, judged as the stage judges it."""
    if name not in ledger.kept("filter"):
        return []
    text, origin, licence = ledger.text(name)
    prompt = load_prompt("extract")
    turns = [{"role": "user", "content": prompt.fill(passage=text, rows=LEAST_ROWS)}]
    known = ledger.response(request_of(NAME, prompt, turns, REPLY_TOKENS))
    if known is None:
        return []
    reply = json.loads(known)
    tokens = reply["tokens_in"], reply["tokens_out"]
    value, problem = read_reply(reply["text"], prompt.schema)
    if value is None:
        kind = "truncated" if reply["finish"] == "length" else "malformed"
        return [("extract", Attempt(prompt.label, NAME, *tokens, outcome=kind, reason=problem))]
    draft = draft_of_reply(value, Item(name, text, origin, licence), "judged")
    with TemporaryDirectory() as folder:
        found = problems(draft, lambda one: load_draft(Path(folder), one, trusted=False))
    outcome = "done" if found is None else "does not hold together"
    return [("extract", Attempt(prompt.label, NAME, *tokens, outcome=outcome, reason=found or ""))]


def table(measured: dict[str, Any]) -> str:
    """Return the report as text."""
    lines = [f"{measured['model']}, {measured['ended']}", *_passages_table(measured["passages"])]
    found, talks = measured["extractions"], measured["conversations"]
    lines.append(
        f"extractions: {found['answered']} answered, {found['parsed']} parsed, {found['compiled']} compiled and held "
        f"together, {found['verified']} led to verified conversations ({talks['verified']} of them)"
    )
    lines += _rejected(talks)
    spent = [measured]
    if "by_rules" in measured:
        rest = measured["by_rules"]
        spent.append(rest)
        lines.append(f"from the environments that rules made of the others, {rest['ended']}")
        lines += _passages_table(rest["passages"])
        lines.append(f"conversations of the model there: {rest['conversations']['verified']} verified")
        lines += _rejected(rest["conversations"])
    tokens = [sum(part[f"tokens_{way}"] for part in spent) for way in ("in", "out")]
    lines.append(f"{tokens[0]} tokens in, {tokens[1]} out, {measured['seconds']} seconds in this run")
    return "\n".join(lines)


def _rejected(talks: dict[str, Any]) -> list[str]:
    return [f"  {number} rejected: {reason[:160]}" for reason, number in talks["rejected"].items()]


def _passages_table(passages: Sequence[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for passage in passages:
        lines.append(passage["passage"])
        lines += [
            f"  {stage:<9} {' | '.join(outcome.splitlines())[:160]}" for stage, outcome in passage["stages"].items()
        ]
        for reply in passage["replies"]:
            spent = f"{reply['tokens_in']:>6} tokens in {reply['tokens_out']:>6} out {reply['seconds']:>5} s"
            why = " | ".join(reply["reason"].splitlines())[:300]
            lines.append(f"    {reply['prompt']:<11}{spent}  {reply['outcome']}: {why}")
    return lines
