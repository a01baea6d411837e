#!/usr/bin/env bash
# What needs more than a build and PoCL:
#   1. every operation, and a small fit, under oclgrind, an interpreter that finds data races and accesses out of bounds;
#   2. every operation, small fits of every kind, and every test on Intel's OpenCL runtime for CPUs.
# Expects the release build. TEST is the command that runs the tests on it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$root/.build/verify
kindred=$root/.build/release/kindred
formula='arr_delay ~ dep_delay + distance + hour'
export POCL_CACHE_DIR=$root/.build/pocl KINDRED_CACHE=$work/cache
intel=(intel-opencl-rt==2026.2.0 intel-cmplr-lib-rt==2026.2.0)

heading() { printf '\n-- %s\n' "$1"; }
fail() {
    echo "verify: $1" >&2
    exit 1
}

# Ten planes of 8 to 544 flights: tasks on both sides of a row block, more than one pack of them.
small_sample() {
    local planes='N357SW|N380AA|N752SW|N738CB|N652DL|N560AA|N578AA|N8533D|N642DL|N725MQ'
    awk -F, -v planes="^($planes)\$" 'NR == 1 || $1 ~ planes' Tests/Fixtures/planes.csv >"$work/small.csv"
}

fit() {
    local output=$1
    shift
    "$kindred" fit "$work/small.csv" --task tailnum --formula "$formula" -q "$@" -o "$output"
}

# Estimates, errors and limits of two outputs agree to 1e-8 of the larger of the estimate and its standard error.
compare() {
    awk -F, '
        function size(x) { return x < 0 ? -x : x }
        NR == FNR { expected[FNR] = $0; next }
        FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        {
            n = split(expected[FNR], e, ",")
            if (n != NF || e[1] != $1 || e[2] != $2) { print "line " FNR " differs: " $0; bad = 1; next }
            scale = size($column["estimate"]) + size($column["std_error"])
            for (i = column["estimate"]; i <= column["std_error"]; i++)
                if (size($i - e[i]) > 1e-8 * scale) { print "line " FNR ": " e[i] " and " $i; bad = 1 }
            compared++
        }
        END { if (!compared) { print "nothing to compare"; bad = 1 }; exit bad }' "$1" "$2"
}

# One method and covariance on the only device there is, in both scalars, against the CPU path.
one_fit() {
    local method=$1 vcov=$2
    fit "$work/cpu.csv" --method "$method" --vcov "$vcov" --device cpu
    fit "$work/device.csv" --method "$method" --vcov "$vcov" --device opencl:0.0
    compare "$work/cpu.csv" "$work/device.csv" || fail "$method with $vcov differs from the CPU path"
    fit "$work/float.csv" --method "$method" --vcov "$vcov" --device opencl:0.0 --precision float
    echo "$method, $vcov: agrees with the CPU path"
}

all_fits() {
    local method vcov
    for method in itl pool; do
        for vcov in iid HC1 HC3 cluster:month; do one_fit $method $vcov; done
    done
}

# Fails unless the devices are of one implementation: `$1` is among their names and nothing of `$2` is. The names come
# from the message about a device that does not exist: `kindred devices` would measure them, minutes in an interpreter.
only_device() {
    local names
    names=$(fit "$work/none.csv" --device opencl:99.0 2>&1 || true)
    echo "$names"
    grep -q "$1" <<<"$names" || fail "no device '$1'"
    if grep -qE "$2" <<<"$names"; then fail "devices of another implementation are listed too"; fi
}

# Fails if oclgrind has written a report into $log.
no_faults() {
    if grep -qE 'OCLGRIND|Oclgrind -|data race|Invalid (read|write)' "$log"; then fail "oclgrind found faults"; fi
}

under_oclgrind() (
    library=$(dpkg -L oclgrind | grep '/liboclgrind-rt\.so$')
    # Without padding behind buffers, the first value past an end is out of bounds.
    export KINDRED_OPENCL=$library OCLGRIND_CHECK_API=1 OCLGRIND_DATA_RACES=1 KINDRED_TIGHT_BUFFERS=1
    only_device 'Oclgrind Simulator' 'pthread|opencl:0.1|opencl:1'
    # What oclgrind finds it writes to standard error, and goes on; one fault in a loop is thousands of lines.
    log=$work/oclgrind.log
    exec 3>&2
    trap '[ $? = 0 ] || head -n 60 "$log" >&3' EXIT
    local result=0
    "$kindred" check --device opencl:0.0 2>"$log" || result=$?
    no_faults
    [ $result = 0 ] || fail "wrong results under oclgrind"
    # What the program does with a table besides: chunks on their way while kernels run.
    one_fit itl HC3 2>"$log"
    no_faults
    # Both shapes of the kernels, and two devices that share the tasks. Those of vector packs read rows' padding by right,
    # and oclgrind serves one thread at a time.
    KINDRED_REQUIRE_OPENCL=1 env -u KINDRED_TIGHT_BUFFERS $TEST --no-parallel --filter SlowOperationCheckTests 2>&1 |
        tee "$log"
    no_faults
    echo "no data race, no invalid access, no wrong call"
)

install_intel() {
    [ -f .venv/lib/libintelocl.so ] && return
    python3 -c 'import venv, ensurepip' 2>/dev/null || scripts/setup.sh python3-venv
    [ -x .venv/bin/pip ] || python3 -m venv .venv
    .venv/bin/pip install --quiet "${intel[@]}"
}

on_intel() (
    mkdir -p "$work/vendors"
    echo "$root/.venv/lib/libintelocl.so" >"$work/vendors/intel.icd"
    export OCL_ICD_VENDORS=$work/vendors LD_LIBRARY_PATH=$root/.venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    only_device 'opencl:0.0' 'pthread|Oclgrind'
    "$kindred" check --device opencl:0.0
    all_fits
    KINDRED_REQUIRE_OPENCL=1 $TEST
)

mkdir -p "$work"
small_sample

heading "oclgrind"
scripts/setup.sh oclgrind
under_oclgrind

heading "Intel's OpenCL runtime"
if [ "$(uname -m)" = x86_64 ]; then
    install_intel
    on_intel
else
    echo "not made for this processor: left out"
fi
