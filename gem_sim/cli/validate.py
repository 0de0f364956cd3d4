"""`gem-sim validate`."""

from __future__ import annotations

from gem_sim.cli.engines import EngineName, Workers
from gem_sim.cli.synthesize import (
    AsJson,
    Asked,
    BaseUrl,
    Concurrency,
    Grounding,
    MaxTokens,
    Model,
    PerMinute,
    PricesOption,
    Refine,
    Timeout,
    Workspace,
    from_workspace,
)


def command(
    workspace: Workspace,
    model: Model = "offline",
    base_url: BaseUrl = None,
    grounding: Grounding = "both",
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    prices: PricesOption = "0,0",
    timeout: Timeout = 300.0,
    max_tokens: MaxTokens = None,
    refine: Refine = True,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: AsJson = False,
) -> int:
    """Verify the conversations of a workspace and write those that pass."""
    asked = Asked(model, base_url, grounding, concurrency, per_minute, prices, timeout, max_tokens, engine, workers)
    first = "refine" if refine else "validate"
    return from_workspace(workspace, asked, first=first, last="validate", as_json=as_json, harder=refine)
