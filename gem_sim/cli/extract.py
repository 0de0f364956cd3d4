"""`gem-sim extract`."""

from __future__ import annotations

from gem_sim.cli.engines import EngineName, Workers
from gem_sim.cli.synthesize import (
    AsJson,
    Asked,
    BaseUrl,
    Concurrency,
    Label,
    MaxTokens,
    Model,
    Out,
    PerMinute,
    Precision,
    PricesOption,
    Reading,
    Scrub,
    Texts,
    Timeout,
    run_stages,
)


def command(
    texts: Texts,
    out: Out,
    model: Model = "offline",
    base_url: BaseUrl = None,
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    prices: PricesOption = "0,0",
    timeout: Timeout = 300.0,
    max_tokens: MaxTokens = None,
    precision: Precision = None,
    labels: Label = False,
    scrub: Scrub = False,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: AsJson = False,
) -> int:
    """Filter texts and make an environment of each that tells how to do something."""
    asked = Asked(model, base_url, "both", concurrency, per_minute, prices, timeout, max_tokens, engine, workers)
    return run_stages(texts, out, asked, Reading(precision, labels, scrub), last="extract", as_json=as_json)
