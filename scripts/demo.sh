#!/usr/bin/env bash
# The main job on the bundled example: one regression a plane, then the one regression of all planes together.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
    printf '\n$ %s\n' "$(printf '%s ' "$@")"
    "$@"
}

export PATH="$PWD/.build/release:$PATH"
flights=Examples/flights/flights.csv.gz
formula='arr_delay~dep_delay+distance+hour'

run kindred devices
run kindred fit $flights --task tailnum --formula "$formula" --method itl --vcov HC1 -o .build/planes.csv
run head -n 9 .build/planes.csv
run kindred fit $flights --task tailnum --formula "$formula" --method pool --vcov cluster:tailnum -o .build/pooled.csv
run cat .build/pooled.csv
