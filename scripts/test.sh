#!/usr/bin/env bash
# Runs `swift test` with these arguments, leaves out the lines that say only that a case has begun, and then tells how
# many cases ran on each backend and scalar.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build/pocl
export POCL_CACHE_DIR=$PWD/.build/pocl KINDRED_CACHE=${KINDRED_CACHE:-$PWD/.build/kindred}
export KINDRED_TEST_LOG=$PWD/.build/cases.tsv
: >"$KINDRED_TEST_LOG"

swift test --disable-xctest "$@" 2>&1 | grep --line-buffered -v '^◇ .* started\.$'
scripts/count_cases.sh "$KINDRED_TEST_LOG"
