#!/usr/bin/env python3
"""Counts the instructions of the hot loops under callgrind and compares them with the committed ones.

Instructions do not depend on neighbours, so the margin is tight: 3 %. They do depend on the compiler, and on
which variant of a routine a processor gets; so the C library is told to take its plain ones, simdjson its
portable one, and with another compiler than that of instructions.json nothing is compared.

  tests/bench/instructions.py --program=build/release/tests/bench/hot_loops [--renew]

Exit codes: 0 well, 1 a loop costs more than committed, 77 skipped, and why.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMITTED = HERE / "instructions.json"
LOOPS = ("decode", "ring", "correlation", "tick", "bar", "page")
MARGIN = 0.03
SKIPPED = 77
PLAIN = {"SIMDJSON_FORCE_IMPLEMENTATION": "fallback",
         "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-AVX_Fast_"
                           "Unaligned_Load,-AVX2_Usable,-FMA,-FMA4,-SSE4_1,-SSE4_2,-SSSE3"}


def count(program, loop):
    """Instructions an item."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--toggle-collect=contagiond_hot_loop", str(program), loop],
        capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ, **PLAIN))
    collected = re.search(r"Collected : (\d+)", done.stderr)
    items = re.search(r"items (\d+)", done.stdout)
    if done.returncode != 0 or not collected or not items or int(items.group(1)) == 0:
        raise SystemExit(f"{loop} could not be counted:\n{done.stdout}{done.stderr}")
    return int(collected.group(1)) / int(items.group(1))


def compiler_of(program):
    """The compiler's version as it signed the program."""
    cache = program.parent.parent.parent / "CMakeCache.txt"
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache.read_text(), re.MULTILINE)
    said = subprocess.run([found.group(1), "--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--build-type", default="Release")
    parser.add_argument("--renew", action="store_true", help="write what is counted now")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("SKIPPED: valgrind not present")
        return SKIPPED
    if options.build_type != "Release":
        print(f"SKIPPED: instructions are those of a Release, this is a {options.build_type}")
        return SKIPPED
    compiler = compiler_of(options.program)
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    if not options.renew and compiler != committed.get("compiler"):
        print(f"SKIPPED: committed for {committed.get('compiler')}, this is {compiler}; "
              "renew with deploy/bench --renew-instructions")
        return SKIPPED
    counted, worse = {}, 0
    for loop in LOOPS:
        counted[loop] = round(count(options.program, loop), 1)
        known = committed.get("instructions_an_item", {}).get(loop)
        change = counted[loop] / known - 1 if known else 0.0
        told = f"{loop}: {counted[loop]:,.1f} instructions an item"
        if known:
            told += f", committed {known:,.1f} ({change:+.1%})"
        if not options.renew and (known is None or change > MARGIN):
            worse += 1
            told = "WORSE: " + told
        elif known and change < -MARGIN:
            told += "; better: renew, so that it stays so"
        print(told, flush=True)
    if options.renew:
        COMMITTED.write_text(json.dumps({"compiler": compiler, "instructions_an_item": counted}, indent=4) + "\n")
        return 0
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
