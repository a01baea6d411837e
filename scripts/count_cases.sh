#!/usr/bin/env bash
# Prints how many test cases ran on each backend and scalar, from the lines "backend<TAB>scalar" that tests append to
# the file KINDRED_TEST_LOG. Fails when an OpenCL device is required and none took part.
set -euo pipefail

log=$1

awk -F'\t' '
    { count[$1, $2]++; backends[$1]; total++ }
    END {
        printf "\n%-28s %8s %8s\n", "test cases by backend", "double", "float"
        for (backend in backends) {
            printf "%-28s %8d %8d\n", backend, count[backend, "double"], count[backend, "float"] | "sort"
        }
        close("sort")
    }' "$log"

if ! grep -q '^OpenCL' "$log"; then
    echo "no OpenCL device took part in these tests"
    if [ "${KINDRED_REQUIRE_OPENCL:-}" = 1 ]; then
        echo "KINDRED_REQUIRE_OPENCL=1 asks for one: failed" >&2
        exit 1
    fi
fi
