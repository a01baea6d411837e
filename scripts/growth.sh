#!/usr/bin/env bash
# How the cost of least squares grows with tasks, rows and features: four points each, in milliseconds and in
# nanoseconds a value of the rows. Options go to `kindred bench`, such as --device opencl:0.0.
set -euo pipefail
cd "$(dirname "$0")/.."

row() {
    local tasks=$1 rows=$2 features=$3
    shift 3
    .build/release/kindred bench "$@" A-ols M="$tasks" n="$rows" d="$features" float64 | awk -v m="$tasks" -v n="$rows" \
        -v d="$features" '{ printf "| %d | %d | %d | %s | %.2f |\n", m, n, d, $NF, $NF * 1e6 / (m * n * (d + 1)) }'
}

printf '| tasks | rows in each | features | ms | ns a value |\n|---|---|---|---|---|\n'
for tasks in 1000 10000 100000 1000000; do row $tasks 30 8 "$@"; done
for rows in 30 100 300 1000; do row 3000 $rows 20 "$@"; done
for features in 5 10 20 40; do row 5000 100 $features "$@"; done
