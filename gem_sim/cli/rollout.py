"""`gem-sim rollout`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gem_sim.adapters.chat import Journal
    from gem_sim.adapters.rollout import Rate, Setting, Tried
    from gem_sim.canonical import Json
    from gem_sim.environment import Environment
    from gem_sim.task import Task


def command(
    env: Annotated[str, typer.Argument(metavar="ENV", help="Folder of an environment, or the name of a bundled one.")],
    model: Annotated[str, typer.Option(help="Who acts: a model's name, or expert, random or nothing.")],
    base_url: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible endpoint; the key is OPENAI_API_KEY.")
    ] = None,
    tries: Annotated[int, typer.Option(min=1, help="How often each task is tried; pass@k and pass^k up to it.")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, help="How many conversations at a time.")] = 8,
    out: Annotated[Path | None, typer.Option(help="Folder for what is recorded; a run of it goes on there.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="Try this task only; may be repeated.")] = None,
    user: Annotated[str, typer.Option(help="Who is the user: scripted, or a model's name.")] = "scripted",
    seed: Annotated[int, typer.Option(help="Seed of the first try; the next ones count on.")] = 0,
    faults: Annotated[float, typer.Option(min=0, max=1, help="How often a tool goes wrong, from 0 to 1.")] = 0.0,
    temperature: Annotated[float | None, typer.Option(help="Sent to the endpoint; default: its own.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for one reply.")] = 120.0,
    price_in: Annotated[float | None, typer.Option(help="Dollars for a million tokens of requests.")] = None,
    price_out: Annotated[float | None, typer.Option(help="Dollars for a million tokens of replies.")] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> int:
    """Let an agent try an environment's tasks, judge every conversation, and tell how many pass."""
    import asyncio

    from gem_sim.adapters.chat import Journal
    from gem_sim.adapters.rollout import Setting
    from gem_sim.errors import InputError
    from gem_sim.simulator import load_environment

    environment = load_environment(env, trusted=trusted or None)
    chosen = [environment.tasks[one.id] for one in map(environment.task_of, task or environment.tasks) if one]
    if not chosen:
        raise InputError(f"environment {environment.name!r} has no tasks", cure="write some into its tasks.jsonl")
    setting = Setting(tries=tries, seed=seed, faults=faults, concurrency=concurrency)
    about: dict[str, Json] = {
        "environment": environment.digest,
        "model": model,
        "user": user,
        "seed": seed,
        "faults": faults,
        "temperature": temperature,
    }
    journal = Journal(None if out is None else out / "replies.jsonl", about)
    options = {"base_url": base_url, "timeout_seconds": timeout, "temperature": temperature}
    tried = asyncio.run(_run(environment, chosen, setting, (model, user), journal, options))
    found = _summary(tried, setting, about, journal, (price_in, price_out))
    if out is not None:
        _write(out, tried, found)
    for one in tried:
        if one.broken is not None:
            cure = "mend the body" if one.broken.startswith("tool ") else "run again to go on"
            print(f"gem-sim: {one.task}#{one.number}: {one.broken}; {cure}", file=sys.stderr)
    print(json.dumps(found, ensure_ascii=False) if as_json else _table(found, out))
    return _status(tried)


async def _run(
    environment: Environment,
    tasks: Sequence[Task],
    setting: Setting,
    names: tuple[str, str],
    journal: Journal,
    options: dict[str, Any],
) -> list[Tried]:
    from gem_sim.adapters.chat import Chat
    from gem_sim.adapters.rollout import WITHOUT_MODEL, roll_out

    model, user = names
    agent = model if model in WITHOUT_MODEL else Chat(model, journal, **options)
    client = None if user == "scripted" else Chat(user, journal, **options)
    try:
        return await roll_out(environment, tasks, setting, agent=agent, user=client)
    finally:
        for door in (agent, client):
            if isinstance(door, Chat):
                await door.close()


def _summary(
    tried: Sequence[Tried],
    setting: Setting,
    about: dict[str, Json],
    journal: Journal,
    prices: tuple[float | None, float | None],
) -> dict[str, Any]:
    """Return what a run found; the same whether it was interrupted or not."""
    from gem_sim.adapters.rollout import mean_over_tasks, pass_all, pass_at, rates

    found = rates(tried)
    ks = range(1, setting.tries + 1)
    tokens = journal.tokens()
    cost = None
    if prices[0] is not None and prices[1] is not None:
        cost = (tokens.prompt * prices[0] + tokens.completion * prices[1]) / 1e6
    return {
        **about,
        "tries": sum(one.tries for one in found),
        "passed": sum(one.passed for one in found),
        "broken": sum(one.judged is None for one in tried),
        "vacuous": [one.task for one in found if one.vacuous],
        "pass_at": {str(k): mean_over_tasks(pass_at, k, found) for k in ks},
        "pass_all": {str(k): mean_over_tasks(pass_all, k, found) for k in ks},
        "reward": sum(one.reward * one.tries for one in found) / max(1, sum(one.tries for one in found)),
        "calls": sum(one.judged.verdict.calls for one in tried if one.judged is not None),
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "cost_usd": cost,
        "tasks": [_row(one) for one in found],
    }


def _row(rate: Rate) -> dict[str, Any]:
    return {**rate._asdict(), "reward": round(rate.reward, 4)}


def _write(out: Path, tried: Sequence[Tried], found: dict[str, Any]) -> None:
    """Write trajectories, verdicts and the summary, each whole or not at all."""
    from gem_sim.formats import write_trajectories
    from gem_sim.formats.atomic import atomic_text

    judged = [one.judged for one in tried if one.judged is not None]
    write_trajectories(out / "trajectories.jsonl", [one.trajectory for one in judged])
    with atomic_text(out / "verdicts.jsonl") as file:
        for one in judged:
            row = {
                **json.loads(one.verdict.model_dump_json()),
                "passed": one.passed,
                "reward": one.reward.total,
                "parts": one.reward.parts,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with atomic_text(out / "summary.json") as file:
        file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def _table(found: dict[str, Any], out: Path | None) -> str:
    lines = [f"{'task':<32}{'tries':>7}{'passed':>8}{'reward':>8}"]
    for one in found["tasks"]:
        note = "  vacuous: doing nothing meets it" if one["vacuous"] else ""
        lines.append(f"{one['task']:<32}{one['tries']:>7}{one['passed']:>8}{one['reward']:>8.3f}{note}")
    lines.append(f"{'all':<32}{found['tries']:>7}{found['passed']:>8}{found['reward']:>8.3f}")
    for k in found["pass_at"]:
        at, every = found["pass_at"][k], found["pass_all"][k]
        if at is not None:
            lines.append(f"pass@{k} {at:.3f}   pass^{k} {every:.3f}")
    cost = "" if found["cost_usd"] is None else f", {found['cost_usd']:.4f} dollars"
    lines.append(
        f"{found['calls']} calls; {found['prompt_tokens']} + {found['completion_tokens']} tokens of requests and "
        f"replies{cost}"
    )
    if found["broken"]:
        lines.append(f"{found['broken']} tries broke and are not counted")
    return "\n".join([*lines, *([f"recorded → {out}"] if out is not None else [])])


def _status(tried: Sequence[Tried]) -> int:
    """Return 2 if a try broke, 1 if one failed, 3 if one is undecided, else 0."""
    if any(one.judged is None for one in tried):
        return 2
    judged = [one.judged for one in tried if one.judged is not None and not one.judged.passed]
    if not judged:
        return 0
    return 3 if all(one.verdict.verdict == "undecided" for one in judged) else 1
