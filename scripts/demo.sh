#!/usr/bin/env bash
# The main job on the bundled example: one regression a plane, then the one regression of all planes together.
set -euo pipefail
cd "$(dirname "$0")/.."

# Shows a command as one would type it, and runs it.
run() {
    local word line=
    for word in "$@"; do
        case $word in *[\ ~]*) word="\"$word\"" ;; esac
        line+=" $word"
    done
    printf '\n$%s\n' "$line"
    "$@"
}

export PATH="$PWD/.build/release:$PATH"
flights=Examples/flights/flights.csv.gz
formula='arr_delay ~ dep_delay + distance'

run kindred devices
run kindred fit $flights --task tailnum --formula "$formula" --vcov HC1 -o .build/planes.csv
run grep -e '^task' -e '^N14228' .build/planes.csv
run kindred fit $flights --task tailnum --formula "$formula" --summary
run kindred fit $flights --task tailnum --formula "$formula" --method pool --vcov cluster:tailnum --summary

printf '\nThe program is %s\n' "$PWD/.build/release/kindred"
