"""`gem-sim ground`."""

from __future__ import annotations

from gem_sim.cli.engines import EngineName, Workers
from gem_sim.cli.synthesize import (
    AsJson,
    Asked,
    BaseUrl,
    Concurrency,
    Conversations,
    Grounding,
    MaxTokens,
    Model,
    PerMinute,
    PricesOption,
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
    conversations: Conversations = 3,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: AsJson = False,
) -> int:
    """Make conversations in the environments of a workspace, their results from execution."""
    asked = Asked(model, base_url, grounding, concurrency, per_minute, prices, timeout, max_tokens, engine, workers)
    asked = asked._replace(conversations=conversations)
    return from_workspace(workspace, asked, first="ground", last="ground", as_json=as_json)
