#!/usr/bin/env bash
# Runs `swift test` with these arguments, leaves out the lines that say only that a case has begun, and then tells how
# many cases ran on each backend and scalar, and how many OpenCL programs had to be built.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build/pocl
export POCL_CACHE_DIR=$PWD/.build/pocl KINDRED_CACHE=${KINDRED_CACHE:-$PWD/.build/kindred}
export KINDRED_TEST_LOG=$PWD/.build/cases.tsv
: >"$KINDRED_TEST_LOG"
began=.build/tests-began
touch "$began"

swift test --disable-xctest "$@" 2>&1 | grep --line-buffered -v '^◇ .* started\.$'
scripts/count_cases.sh "$KINDRED_TEST_LOG"

# A program that is built is kept in the cache. Built cold, all of them stay below what a user would wait for.
most=150
built=$(find "$KINDRED_CACHE" -name 'program-*' -newer "$began" 2>/dev/null | wc -l)
echo "OpenCL programs built: $built, of at most $most"
if [ "$built" -gt "$most" ]; then
    echo 'too many programs: fewer definitions (-D) or fewer orders would share them' >&2
    exit 1
fi
