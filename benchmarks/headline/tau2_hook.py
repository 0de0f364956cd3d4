"""τ²-bench retail and airline for a served model, with tasks, user simulator and scorers of `inspect-evals`."""

from __future__ import annotations

from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from served_model import Served

DOMAINS = ("retail", "airline")


def tasks(domain: str) -> list[Any]:
    """Return the records of a domain's tasks, each with its id, the user's scenario and the gold actions."""
    from inspect_evals.tau2.airline.dataset import read_dataset as airline
    from inspect_evals.tau2.common.metadata import Tau2MetaData
    from inspect_evals.tau2.retail.dataset import read_dataset as retail

    samples = {"retail": retail, "airline": airline}[domain](domain)
    return [Tau2MetaData.model_validate(sample.metadata).task for sample in samples]


def idle(domain: str) -> frozenset[str]:
    """Return the ids of the tasks that are passed by doing and saying nothing: no change is due, and no answer."""
    from inspect_evals.tau2.common.scorer import get_expected_db

    untouched = get_expected_db(domain, []).db.get_hash()  # type: ignore[arg-type]
    return frozenset(
        task.id
        for task in tasks(domain)
        if not task.evaluation_criteria.communicate_info
        and get_expected_db(domain, task.evaluation_criteria.actions or []).db.get_hash() == untouched  # type: ignore[arg-type]
    )


def evaluate(
    agent: Served, user: Served, domain: str, *, limit: int | None = None, trials: int = 1, connections: int = 8
) -> dict[str, Any]:
    """Let a model serve the user that another model plays, every task `trials` times.

    Returns:
        `tasks` how many; `average` the share of all tries that pass, `any` the share of tasks of which one try or more
        passes; `unscored` the tries that ended without a score. `idle` of the tasks are passed by an agent that does
        and says nothing, and `earned` is the average over the others, None where there are no others.
    """
    from inspect_ai import eval as run
    from inspect_evals.tau2 import tau2_airline, tau2_retail

    task = {"retail": tau2_retail, "airline": tau2_airline}[domain](shuffle=False)
    with TemporaryDirectory() as logs:
        (log,) = run(
            task,
            model=_model(agent, connections),
            model_roles={"user": _model(user, connections)},
            epochs=trials,
            limit=limit,
            log_dir=logs,
            display="none",
            log_samples=True,
            fail_on_error=False,
        )
        samples = list(log.samples or ())
    if not samples:
        raise SystemExit(f"{domain}: the evaluation did not run: {log.error.message if log.error else log.status}")
    tries: dict[str, list[bool]] = {}
    unscored = 0
    for sample in samples:
        scores = list((sample.scores or {}).values())
        unscored += not scores
        tries.setdefault(str(sample.id), []).append(bool(scores) and scores[0].value == "C")
    shares = {name: sum(found) / len(found) for name, found in tries.items()}
    nothing = idle(domain) & shares.keys()
    return {
        "tasks": len(tries),
        "trials": trials,
        "average": mean(shares.values()),
        "any": mean(share > 0 for share in shares.values()),
        "unscored": unscored,
        "idle": len(nothing),
        "earned": mean(shares[name] for name in shares.keys() - nothing) if shares.keys() - nothing else None,
    }


def _model(served: Served, connections: int) -> Any:
    from inspect_ai.model import GenerateConfig, get_model

    # `openai-api` speaks chat completions with whatever server there is; the word after it names the provider.
    return get_model(
        f"openai-api/served/{served.model}",
        config=GenerateConfig(max_connections=connections),
        base_url=served.base_url,
        api_key=served.key,
        memoize=False,
    )
