#!/usr/bin/env python3
"""The models under Spin: each holds for every interleaving, and each way to break it is found out."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
# Each model, and the ways to break it.
MODELS = {
    "ring": ["NO_FENCE_RING", "NO_FENCE_WAIT", "NO_SECOND_LOOK", "STAMP_FIRST", "HEAD_EARLY",
             "CLEAR_LATE"],
    "turn": ["NO_FENCE_RING", "NO_FENCE_WAIT", "NO_SECOND_LOOK", "TURN_FIRST", "NO_TURN",
             "LEFT_UNTOLD"],
}


def verify(model, folder, *defines):
    """(errors, states) of an exhaustive search, or raises with what was said."""
    flags = [f"-D{name}" for name in defines]
    subprocess.run(["spin", *flags, "-a", str(model)], cwd=folder, check=True, timeout=60,
                   stdout=subprocess.PIPE)
    subprocess.run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], cwd=folder,
                   check=True, timeout=120)
    said = subprocess.run(["./pan", "-m200000"], cwd=folder, check=False, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    if not errors or not states or "max search depth too small" in said:
        raise SystemExit(f"the search did not come to its end:\n{said}")
    return int(errors.group(1)), int(states.group(1)), said


def main():
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} not present")
            return SKIPPED
    failed = 0
    for model, name in [(m, n) for m, broken in MODELS.items() for n in [None, *broken]]:
        with tempfile.TemporaryDirectory() as folder:
            errors, states, said = verify(HERE / f"{model}.pml", folder, *([name] if name else []))
        # What is never reached is not shown; only the memory goes on for ever.
        unreached = [line for line in re.findall(r"state \d+, \"(.*)\"", said) if line != "-end-"]
        well = (errors == 0 and not unreached) if name is None else (errors > 0)
        failed += not well
        print(f"{'ok' if well else 'FAILED'}: {model}{' with ' + name if name else ''}: "
              f"{errors} errors in {states} states")
        if not well:
            print(said)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
