#!/usr/bin/env bash
# Runs the tests of failing devices under AddressSanitizer: no memory may be used after its end, or lost. The arguments
# are those of the release build. Builds all once more in .build-leaks: some minutes, and then one for the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build/pocl
export POCL_CACHE_DIR=$PWD/.build/pocl KINDRED_CACHE=${KINDRED_CACHE:-$PWD/.build/kindred}
# The tests look for lost memory themselves: at a process's end PoCL is unloaded, and what it points to would count.
# The signal stack is made by Swift's runtime; the sanitizer would free it as its own.
export ASAN_OPTIONS=leak_check_at_exit=0:use_sigaltstack=0

swift test "$@" --sanitize=address --scratch-path .build-leaks --disable-xctest --disable-testable-imports \
    --filter FaultTests 2>&1 | grep --line-buffered -v '^◇ .* started\.$'
