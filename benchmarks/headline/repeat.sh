#!/usr/bin/env bash
# The paper's headline experiment from texts to the table, on a machine with GPUs. Each step goes on where it stopped.
#
#   TEXTS=texts.jsonl TEACHER=name TEACHER_URL=https://…/v1 OPENAI_API_KEY=… benchmarks/headline/repeat.sh
#
# It needs four installations, since they exclude each other: .venv (this package), .venv-bench (the peers, as
# benchmarks/README.md says), LLaMA-Factory, and vLLM; FACTORY and VLLM name their programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${TEXTS:?a JSONL file of texts}" "${TEACHER:?name of the teacher model}" "${TEACHER_URL:?its endpoint, ending in /v1}"
: "${MODEL:=Qwen/Qwen3-32B}" "${RUN:=headline-run}" "${PORT:=8000}" "${USER_MODEL:=$TEACHER}"
: "${FACTORY:=llamafactory-cli}" "${VLLM:=vllm}"
sim=.venv/bin/gem-sim recipes=gem_sim/synthesizer/recipes

$sim synthesize "$TEXTS" --model "$TEACHER" --base-url "$TEACHER_URL" --out "$RUN/workspace"
$sim export "$RUN/workspace" --out "$RUN/data" --format llamafactory

# The paper's settings; the recipe is that of the Synthesizer, on other data.
FORCE_TORCHRUN=1 "$FACTORY" train $recipes/llama-factory-qwen3-8b.yaml model_name_or_path="$MODEL" \
  deepspeed=$recipes/deepspeed-zero3.json dataset_dir="$RUN/data" dataset=gem_sim eval_dataset=null \
  eval_strategy=no output_dir="$RUN/model"

"$VLLM" serve "$RUN/model" --served-model-name tuned --port "$PORT" --enable-auto-tool-choice --tool-call-parser hermes &
server=$!
trap 'kill $server' EXIT
until curl -sf "http://127.0.0.1:$PORT/v1/models" >/dev/null; do sleep 5; done

.venv-bench/bin/python benchmarks/headline/evaluate.py --model tuned --base-url "http://127.0.0.1:$PORT/v1" \
  --user-model "$USER_MODEL" --user-base-url "$TEACHER_URL"
