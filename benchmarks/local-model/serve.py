"""Serve a GGUF file over the OpenAI protocol on loopback, with JSON Schema decoding, until the process is ended."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import xllamacpp  # type: ignore[import-not-found]

CONTEXT_TOKENS = 12_288


def serve(model: Path) -> str:
    """Start to serve a model with one thread, on a free port; return the address."""
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(model)
    wanted.n_ctx = CONTEXT_TOKENS
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.verbosity = 0
    global server  # noqa: PLW0603 - the server ends with the object
    server = xllamacpp.Server(wanted)
    return str(server.listening_address)


if __name__ == "__main__":
    print(serve(Path(sys.argv[1])), flush=True)
    threading.Event().wait()
