#!/usr/bin/env bash
# Installs the Debian packages that are missing among those Kindred builds and runs with, and those named as arguments.
# With nothing missing it asks no network. Without root it prints the one command that installs them, and exits 69.
set -euo pipefail

packages=(ocl-icd-opencl-dev opencl-headers libclblast-dev pocl-opencl-icd libtomlplusplus-dev zlib1g-dev "$@")

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "sudo apt-get install --yes --no-install-recommends ${missing[*]}"
    exit 69
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
