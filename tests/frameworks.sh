#!/usr/bin/env bash
# Tests the adapters of frameworks that cannot share an installation, each in one of its own, two at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

tested() {
  for extra in "$@"; do
    .venv/bin/uv venv -q --clear --seed --python .venv/bin/python ".venv-$extra"
    # For Linux pip takes the small wheel of torch that has no CUDA, where the index offers it.
    if [ "$extra" = trl ]; then .venv-trl/bin/pip install -q torch==2.13.0; fi
    .venv/bin/uv pip install -q --python ".venv-$extra/bin/python" -e ".[$extra]" pytest
    ".venv-$extra/bin/python" -m pytest tests/*/test_"$extra".py
  done
}

tested openenv verifiers inspect &
others=$!
trap 'kill "$others" 2>/dev/null || true' EXIT
tested trl
.venv/bin/uv pip install -q --python .venv-trl/bin/python -e '.[train]'
.venv-trl/bin/python -m pytest tests/synthesizer/test_train.py
wait "$others"
