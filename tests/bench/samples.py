"""What benchmarks measured, by row and contestant, from the JSON that google benchmark writes.

A benchmark is named row/role:name (see CMakeLists.txt beside this file). Peers in other languages write
the same form.
"""
import json
import math
import re
import statistics

ROLES = ("floor", "yardstick", "ours")
# What google benchmark adds to a name by itself.
ADDED = re.compile(r"^(real_time|manual_time|process_time|threads:\d+|(iterations|repeats|min_time|"
                   r"min_warmup_time):.*)$")
NOT_COUNTERS = {"family_index", "per_family_instance_index", "repetition_index", "repetitions", "threads",
                "iterations", "real_time", "cpu_time"}


class Contestant:
    """One implementation in a row: a value of each counter for every repetition, and what went wrong."""

    def __init__(self):
        self.values = {}  # counter -> list of numbers
        self.errors = []
        self.absent = None  # why it was not run, for peers

    def add(self, entry):
        if entry.get("error_occurred"):
            self.errors.append(entry.get("error_message", "failed"))
            return
        for name, value in entry.items():
            if name in NOT_COUNTERS or isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            self.values.setdefault(name, []).append(float(value))

    def of(self, value):
        """Samples of `value`: "time" is ns an item."""
        if value == "time":
            return [1e9 / rate for rate in self.values.get("items_per_second", []) if rate > 0]
        return self.values.get(value, [])


def split_name(name):
    """(row with its arguments, role:name), or None for a benchmark that is in no comparison."""
    parts = [part for part in name.split("/") if not ADDED.match(part)]
    at = next((i for i, part in enumerate(parts) if part.split(":")[0] in ROLES and ":" in part), None)
    if at is None or at == 0:
        return None
    return "/".join(parts[:at] + parts[at + 1:]), parts[at]


def read(text, rows, where):
    """Adds what one program wrote to `rows` (row -> role:name -> Contestant). Names what it cannot place."""
    strangers = []
    for entry in json.loads(text)["benchmarks"]:
        if entry.get("run_type") == "aggregate":
            continue
        name = entry.get("run_name") or entry["name"]
        place = split_name(name)
        if place is None:
            strangers.append(f"{where}: {name}")
            continue
        contestant = rows.setdefault(place[0], {}).setdefault(place[1], Contestant())
        if "absent" in entry:
            contestant.absent = entry["absent"]
        else:
            contestant.add(entry)
    return strangers


def summary(samples):
    """Median, ends and spread (the middle half's width over the median) of some samples."""
    ordered = sorted(samples)
    middle = statistics.median(ordered)

    def quantile(q):
        at = q * (len(ordered) - 1)
        low = math.floor(at)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (at - low) * (ordered[high] - ordered[low])

    spread = (quantile(0.75) - quantile(0.25)) / middle if middle else 0.0
    return {"median": middle, "low": ordered[0], "high": ordered[-1], "spread": spread,
            "samples": len(ordered)}
