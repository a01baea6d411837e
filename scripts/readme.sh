#!/usr/bin/env bash
# Runs the README's commands: every block that is marked `sh`, in a folder of its own beside the examples.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
folder=$root/.build/readme

rm -rf "$folder"
mkdir -p "$folder"
ln -s "$root/Examples" "$folder/Examples"
awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md >"$folder/commands.sh"
[ -s "$folder/commands.sh" ] || {
    echo "README.md has no commands" >&2
    exit 1
}
cd "$folder"
PATH="$root/.build/release:$PATH" bash -euxo pipefail commands.sh
