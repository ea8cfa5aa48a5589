#!/usr/bin/env bash
# Every layer, in order, each named in the output. A layer that cannot run fails the whole: none is skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
bin=${1:-.venv/bin}
failed=()
layer() {
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf '== %s: passed in %d s\n' "$name" $((SECONDS - began)); else failed+=("$name"); fi
}
in_a_browser() { deploy/get-chromium.sh && "$bin/python" -m pytest -q tests/browser; }
layer "lint (ruff)" "$bin/ruff" check .
layer "format (ruff)" "$bin/ruff" format --check .
layer "types (mypy, strict)" "$bin/mypy"
layer "architecture (import-linter)" "$bin/lint-imports"
layer "unit and property" env PYTHONHASHSEED=$((RANDOM)) "$bin/python" -m pytest -q -n auto tests/unit tests/property --cov --cov-report=term:skip-covered
layer "pages, in a real browser" in_a_browser
layer "rule by rule" "$bin/python" -m tests.rule_report
layer "the language model, offline" make -s test-model
layer "integration, on a real Kafka" "$bin/python" -m pytest -q tests/integration
layer "end to end: the demo" "$bin/python" -m pytest -q tests/e2e
printf '\n'
if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
printf 'All layers passed in %d s; none was skipped.\n' "$SECONDS"
echo "Apart from these: Kafka in containers, on images built from deploy/, is: make test-containers"
