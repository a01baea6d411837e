#!/usr/bin/env bash
# Gives a reader inputs that libFuzzer makes, for so many seconds: fuzz.sh csv|npz|formula|model SECONDS [option...]
# An input that crashes it, takes 10 seconds or 1 GB, or breaks a promise of the reader stays in .build-fuzz/found.
# Expects the release build, whose fits are among the models that the search begins with.
set -euo pipefail
cd "$(dirname "$0")/.."
reader=${1:?the reader: csv, npz, formula or model}
seconds=${2:?the seconds}
shift 2

export KINDRED_FUZZ=$reader
work=.build-fuzz
corpus=$work/corpus/$reader
seeds=$work/seeds/$reader
fixtures=Tests/Fixtures
swift build -c release --scratch-path $work --product Fuzz --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address \
    > >(grep -v 'warning: Cannot export local symbol')

rm -rf "$seeds"
mkdir -p "$corpus" "$seeds" $work/found
case $reader in
    csv)
        printf 'task,y,x,g\na,1,2,p\nb,-3.5,1e-3,q\na,NA,7,"r ""s"""\n' >"$seeds/plain.csv"
        printf '\xef\xbb\xbftask\ty\tx\tg\r\n1\t1\t2\tp\r\n\r\n2\tred\t3\t"q\n"\r\n' >"$seeds/tabs.csv"
        printf 'g,x,y,task\np,inf,1,"a,b"\nq,1,nan,c\n' >"$seeds/quoted.csv"
        gzip -nc "$seeds/plain.csv" >"$seeds/plain.csv.gz"
        cat "$seeds/plain.csv.gz" "$seeds/plain.csv.gz" >"$seeds/twice.csv.gz"
        ;;
    npz) cp $fixtures/npz/* "$seeds" ;;
    formula)
        printf 'score ~ ses * minority + log(size) - 1' >"$seeds/1"
        printf '`a b` ~ (u + v + w)^3 - u:v + C(year):x' >"$seeds/2"
        printf 'log(y + 1)/2 ~ 0 + I(x^2 - -3 * sqrt(exp(z)))' >"$seeds/3"
        ;;
    model)
        printf 'task,y,x,g\na,1,2,p\na,3,5,q\na,4,4,p\na,6,7,q\nb,3,4,q\nb,5,6,p\nb,7,7,q\nb,2,1,p\n' >$work/model.csv
        for ending in json npz; do
            for method in itl pool; do
                .build/release/kindred fit $work/model.csv --task task --formula 'y ~ x + g' --method $method -q \
                    -o "$seeds/$method.$ending"
            done
        done
        ;;
esac

# The backtraces of Swift would take those of the sanitizer for crashes.
SWIFT_BACKTRACE=enable=no $work/release/Fuzz "$corpus" "$seeds" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=65536 \
    -dict="Tests/Fuzz/dictionaries/$reader.txt" -artifact_prefix=$work/found/"$reader"- -print_funcs=0 -print_final_stats=1 "$@"
