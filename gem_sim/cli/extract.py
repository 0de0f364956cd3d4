"""`gem-sim extract`."""

from __future__ import annotations

from gem_sim.cli.engines import EngineName, Workers
from gem_sim.cli.synthesize import (
    AsJson,
    Asked,
    BaseUrl,
    Concurrency,
    Model,
    Out,
    PerMinute,
    Precision,
    PricesOption,
    Texts,
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
    precision: Precision = None,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: AsJson = False,
) -> int:
    """Filter texts and make an environment of each that tells how to do something."""
    asked = Asked(model, base_url, "both", concurrency, per_minute, prices, engine, workers)
    return run_stages(texts, out, asked, precision=precision, last="extract", as_json=as_json)
