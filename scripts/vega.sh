#!/usr/bin/env bash
# Puts the JavaScript of Vega, Vega-Lite and Vega-Embed, which the pages of `kindred report` carry, into the folder
# named, as PyPI's vl-convert-python has it, with the licences at its head. Does nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
bundle=$folder/vega-bundle.js
python=.build/vega/bin/python3
[ ! -s "$bundle" ] || exit 0

if [ ! -x "$python" ]; then
    python3 -m venv .build/vega || {
        echo "a virtual environment of Python is needed: apt-get install python3-venv" >&2
        exit 69
    }
fi
"$python" -m pip install --quiet --disable-pip-version-check 'vl-convert-python>=1.9,<2'

mkdir -p "$folder"
# Names of places on the network stand in messages and in a menu that the pages do not show; those of XML are no places.
{
    echo '/*'
    cat scripts/vega-licenses.txt
    echo '*/'
    "$python" -c 'import vl_convert; print(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))' |
        sed -E 's#https://[A-Za-z0-9./_-]*##g'
} >"$bundle.partial"
mv "$bundle.partial" "$bundle"
echo "$bundle"
