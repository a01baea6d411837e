#!/usr/bin/env bash
# Formatting, and the rules of docs/README.md that a search can check. Silent when all is well.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --parallel --recursive Package.swift Sources Tests
for script in scripts/*.sh .ci/run; do bash -n "$script"; done

failed=0
forbid() {
    local reason=$1
    shift
    if grep -rnE "$@"; then
        echo "  ^ $reason" >&2
        failed=1
    fi
}

below=$(find Sources -mindepth 1 -maxdepth 1 ! -name KindredCommand)
# shellcheck disable=SC2086
forbid 'no Foundation below the command' '^\s*((public|package|internal|private) )?import Foundation$' $below
# shellcheck disable=SC2046
forbid 'only Engine imports the OpenCL library' 'import (COpenCL|CCLBlast)$' \
    $(find Sources -name '*.swift' ! -path 'Sources/Engine/*')
forbid 'methods are written against Compute alone' 'import (Engine|CPUFallback|Kernels)$' Sources/Methods
# shellcheck disable=SC2046
forbid 'multiplyAdd is the one place that fuses' 'addingProduct' \
    $(find Sources -name '*.swift' ! -name MultiplyAdd.swift)
forbid 'a user meets an error, not a trap' '\b(try!|fatalError\(|as!)' Sources
exit $failed
