#!/usr/bin/env bash
# How many tasks a second `kindred sweep` draws and fits, by how many are fitted together, twelve million in all:
#   scripts/many_tasks.sh [--device cpu] [--precision float] ...
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

printf '| tasks | replications | tasks drawn a second | itl | pool | ridge | molar |\n|---|---|---|---|---|---|---|\n'
for tasks in 100 1000 10000 100000 1000000; do
    sed -e "s/^tasks = .*/tasks = $tasks/" -e "s/^replications = .*/replications = $((12000000 / tasks))/" \
        studies/many_tasks.toml >"$folder/study.toml"
    .build/release/kindred sweep run "$folder/study.toml" -o "$folder/$tasks" --npz --quiet "$@"
    tr ',{}' '\n' <"$folder/$tasks/run.json" | awk -F: -v tasks="$tasks" '
        { gsub(/"/, "", $1); seconds[$1] = $2 }
        function rate(name) { return sprintf("%.2g million", 12 / seconds[name]) }
        END {
            printf "| %d | %d | %s | %s | %s | %s | %s |\n", tasks, 12000000 / tasks, rate("drawing_seconds"),
                rate("itl"), rate("pool"), rate("ridge"), rate("molar")
        }'
done
