# shellcheck shell=bash disable=SC2034,SC2154
# Shared by deploy/demo and deploy/test: what to install, how far we are, how many jobs fit.
# Sourced, not run. The caller has set -euo pipefail, and `steps` to the number of its steps.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What CMakeLists.txt asks for with find_package; tests/house_rules_test.cpp compares the two. nodejs, npm
# and gzip make the page.
build_packages=(
    g++ cmake ninja-build pkg-config ca-certificates
    libboost1.81-dev libssl-dev libsimdjson-dev nlohmann-json3-dev prometheus-cpp-dev
    libyaml-cpp-dev libcli11-dev libfmt-dev zlib1g-dev libzstd-dev libcrypt-dev libsqlite3-dev
    nodejs npm gzip
)
test_packages=(
    catch2 libbenchmark-dev rapidjson-dev git python3
    clang clang-tidy clang-format clang-format-14 libclang-rt-14-dev
    prometheus prometheus-alertmanager chromium slowhttptest spin valgrind
)
# Peers that deploy/bench runs beside ours.
bench_packages=(python3-numpy python3-pandas python3-websockets)
# A tool that is there from elsewhere (a newer node, say) is left alone.
declare -A provided_by_command=(
    [prometheus]=promtool [prometheus-alertmanager]=amtool [chromium]=chromium [nodejs]=node [npm]=npm
    [slowhttptest]=slowhttptest [spin]=spin [valgrind]=valgrind
    [clang-format-14]=clang-format-14
)

step=0
began=$SECONDS
say() { printf '%s\n' "$*"; }
next_step() {
    step=$((step + 1))
    printf '[%d/%d] %s (%d:%02d since the start)\n' "$step" "$steps" "$*" \
        $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
}
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

is_installed() {
    local command=${provided_by_command[$1]:-}
    [[ -n $command ]] && command -v "$command" >/dev/null && return 0
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing needs root: run this as root, or install sudo"
    fi
}

# apt without questions. RUNLEVEL and the policy file keep a new package from starting a service.
apt_install() {
    local policy=/usr/sbin/policy-rc.d placed=no
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        placed=yes
    fi
    local result=0
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get update -q || result=$?
    if [[ $result == 0 ]]; then
        as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" || result=$?
    fi
    [[ $placed == no ]] || as_root rm -f "$policy"
    [[ $result == 0 ]] || fail "apt-get failed; what it said stands above"
    # promtool and amtool come with servers that would start at the next boot.
    local server
    for server in prometheus prometheus-alertmanager; do
        if [[ " $* " == *" $server "* && -d /run/systemd/system ]]; then
            as_root systemctl disable --quiet "$server.service" || true
        fi
    done
}

# install_missing yes|no PACKAGE...: installs what is missing, or names it and ends with 2.
install_missing() {
    local allowed=$1
    shift
    command -v dpkg-query >/dev/null ||
        fail "this is no Debian system; README.md names the libraries to install by hand" 2
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    if [[ ${#missing[@]} == 0 ]]; then
        say "      nothing to install"
        return
    fi
    [[ $allowed == yes ]] || fail "missing, and not installed because of --no-install: ${missing[*]}" 2
    say "      ${#missing[@]} to install: ${missing[*]}"
    apt_install "${missing[@]}"
}

# Compilations that fit into this machine: a WebSocket source takes about 1.5 GB.
job_count() {
    local cores memory_kb limit
    cores=$(nproc)
    memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1 || true)
    if [[ $limit =~ ^[0-9]{1,15}$ ]] && ((limit / 1024 < memory_kb)); then memory_kb=$((limit / 1024)); fi
    local fit=$((memory_kb / 1500000))
    ((fit >= 1)) || fit=1
    echo $((fit < cores ? fit : cores))
}

# configure PRESET [OPTION...]: quiet when it goes well. ccache is used where it is installed.
configure() {
    local preset=$1 log
    shift
    log=$(mktemp)
    if ! (cd "$root" && cmake --preset "$preset" \
        "-DCMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache || true)" "$@") >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "cmake could not configure the preset $preset; what it said stands above"
    fi
    rm -f "$log"
}

# build PRESET [TARGET...]
build() {
    local preset=$1 jobs
    shift
    jobs=$(job_count)
    say "      building in build/$preset, $jobs at a time"
    (cd "$root" && NINJA_STATUS="      [%f/%t] " cmake --build "build/$preset" --parallel "$jobs" \
        ${1:+--target "$@"})
}
