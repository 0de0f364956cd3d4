#!/usr/bin/env bash
# The paper's headline experiment from texts to the table, on a machine with GPUs. Each step goes on where it stopped.
#
#   TEXTS=texts.jsonl TEACHER=name TEACHER_URL=https://…/v1 OPENAI_API_KEY=… benchmarks/headline/repeat.sh
#
# It needs three virtual environments, made as benchmarks/README.md and docs say: .venv (this package with the extra
# `train`), .venv-bench (the peers) and one with vLLM, whose `vllm` is named by VLLM.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${TEXTS:?a JSONL file of texts}" "${TEACHER:?name of the teacher model}" "${TEACHER_URL:?its endpoint, ending in /v1}"
: "${MODEL:=Qwen/Qwen3-32B}" "${RUN:=headline-run}" "${PORT:=8000}" "${VLLM:=vllm}" "${USER_MODEL:=$TEACHER}"
sim=.venv/bin/gem-sim

$sim synthesize "$TEXTS" --model "$TEACHER" --base-url "$TEACHER_URL" --out "$RUN/workspace"
$sim export "$RUN/workspace" --out "$RUN/data" --format openai
.venv/bin/accelerate launch --config_file gem_sim/synthesizer/recipes/zero3.yaml \
  -m gem_sim synthesizer train "$RUN/data" --model "$MODEL" --recipe qwen3-8b --out "$RUN/model"

"$VLLM" serve "$RUN/model" --served-model-name tuned --port "$PORT" --enable-auto-tool-choice --tool-call-parser hermes &
server=$!
trap 'kill $server' EXIT
until curl -sf "http://127.0.0.1:$PORT/v1/models" >/dev/null; do sleep 5; done

.venv-bench/bin/python benchmarks/headline/evaluate.py --model tuned --base-url "http://127.0.0.1:$PORT/v1" \
  --user-model "$USER_MODEL" --user-base-url "$TEACHER_URL"
