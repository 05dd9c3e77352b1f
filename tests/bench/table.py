"""Joins what was measured with what was promised (goals.json), and writes it down.

Nothing is left out: a row that did not run, contestants that computed something else and a must that is
missed are all told. goals.json says at its top what its fields mean.
"""
import math

import samples

BEGIN = "<!-- deploy/bench writes from here -->"
END = "<!-- deploy/bench writes to here -->"


def three_digits(number):
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number)) + 1e-12))
    text = f"{number:.{digits}f}"
    return f"{round(number):,}" if digits == 0 else text


def told(number, unit):
    """A value in words: 0.88 ns, 42.0 µs, 64.0 KiB, 2.10 M/s."""
    if number is None:
        return "–"
    steps = {"ns": [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (0, "ns")],
             "bytes": [(2**20, "MiB"), (2**10, "KiB"), (0, "bytes")],
             "per_second": [(1e6, "M/s"), (1e3, "k/s"), (0, "/s")]}.get(unit)
    if steps is None:
        return three_digits(number)
    for size, name in steps:
        if abs(number) >= size:
            return f"{three_digits(number / (size or 1))} {name}"
    return three_digits(number)


def goal_text(goal, unit):
    words = {"ratio_at_least": lambda x: f"≥ {x:g} ×", "ratio_at_most": lambda x: f"≤ {x:g} × its cost",
             "at_most": lambda x: f"≤ {told(x, unit)}", "at_least": lambda x: f"≥ {told(x, unit)}"}
    return ", ".join(words[kind](limit) for kind, limit in goal.items())


def is_met(goal, ours, ratio):
    """Whether every condition of a goal holds; None where there is no goal."""
    if not goal:
        return None
    checks = {"ratio_at_least": lambda x: ratio is not None and ratio >= x,
              "ratio_at_most": lambda x: ratio is not None and ratio > 0 and 1 / ratio <= x,
              "at_most": lambda x: ours is not None and ours <= x,
              "at_least": lambda x: ours is not None and ours >= x}
    return all(checks[kind](limit) for kind, limit in goal.items())


def checksums_equal(contestants, tolerance):
    """(equal, what differs). Every repetition of every contestant counts."""
    seen = {name: values for name, one in contestants.items() if (values := one.of("checksum"))}
    without = [name for name, one in contestants.items() if name not in seen and not one.absent]
    if without:
        return False, f"no checksum from {', '.join(sorted(without))}"
    numbers = [(value, name) for name, values in seen.items() for value in values]
    if not numbers:
        return True, ""
    (low, low_name), (high, high_name) = min(numbers), max(numbers)
    if high - low <= tolerance * max(abs(low), abs(high)):
        return True, ""
    return False, f"{low_name} gave {low:.17g}, {high_name} {high:.17g}"


def join_row(goal, contestants):
    """One row of the table, with `problems` where it cannot be believed."""
    unit = goal.get("unit", "ns")
    value = goal.get("value", "time")
    problems = []
    row = {"row": goal["row"], "title": goal["title"], "unit": unit, "value": value,
           "contestants": {}, "against": goal.get("against"), "ratio": None, "problems": problems}
    for key in ("must", "stretch", "note", "guard"):
        if key in goal:
            row[key] = goal[key]
    for name, one in sorted(contestants.items()):
        if one.absent:
            row["contestants"][name] = {"absent": one.absent}
            continue
        problems += [f"{name}: {error}" for error in sorted(set(one.errors))]
        measured = one.of(value)
        if measured:
            row["contestants"][name] = samples.summary(measured)
        elif not one.errors:
            problems.append(f"{name} tells no {value}")
    ours_names = [name for name in row["contestants"] if name.startswith("ours:")]
    ours_name = goal.get("ours") or (ours_names[0] if len(ours_names) == 1 else None)
    if ours_name is None and len(ours_names) > 1:
        problems.append(f"which is meant, {' or '.join(ours_names)}? goals.json needs \"ours\"")
    row["ours"] = ours_name
    statistic = goal.get("statistic", "median")
    row["statistic"] = statistic
    ours = row["contestants"].get(ours_name, {}).get(statistic)
    if ours is None:
        problems.append("did not run")
    against = None
    if row["against"]:
        other = row["contestants"].get(row["against"], {})
        against = other.get(statistic)
        row["against_absent"] = other.get("absent")
        if against is None and "absent" not in other:
            problems.append(f"{row['against']} did not run")
    if ours and against:
        row["ratio"] = ours / against if goal.get("more_is_better") else against / ours
    if goal.get("checksum_tolerance", 0) is None:
        row["checksums_equal"] = None
    else:
        equal, difference = checksums_equal(contestants, goal.get("checksum_tolerance", 0))
        row["checksums_equal"] = equal
        if not equal:
            problems.append(f"contestants differ: {difference}")
    for kind in ("must", "stretch"):
        row[f"{kind}_met"] = is_met(goal.get(kind), ours, row["ratio"])
        # Without the contestant nothing can be said about a ratio to it.
        if row.get("against_absent") and any("ratio" in key for key in goal.get(kind) or {}):
            row[f"{kind}_met"] = None
    return row


def join(goals, rows, only=None):
    wanted = [goal for goal in goals["rows"] if not only or goal["row"].split("/")[0] in only]
    return [join_row(goal, rows.get(goal["row"], {})) for goal in wanted]


def mark(met):
    return {True: "yes", False: "**no**", None: "–"}[met]


def one_line(row):
    unit = row["unit"]
    ours = row["contestants"].get(row["ours"] or "", {})
    other = row["contestants"].get(row["against"] or "", {})
    name = (row["against"] or "").split(":", 1)[-1].replace("_", " ")
    compared = ""
    if row["against"]:
        compared = f"{name}: {other['absent'] if 'absent' in other else told(other.get(row['statistic']), unit)}"
    others = [f"{key.split(':', 1)[-1].replace('_', ' ')} {one.get('absent') or told(one[row['statistic']], unit)}"
              for key, one in row["contestants"].items() if key not in (row["ours"], row["against"])]
    goals = [f"{goal_text(row[kind], unit)}: {mark(row[kind + '_met'])}" if row.get(kind) else "–"
             for kind in ("must", "stretch")]
    spread = f"± {50 * ours['spread']:.0f} %" if ours else "–"
    ratio = f"{row['ratio']:.2f} ×" if row["ratio"] else "–"
    title = row["title"] + (f" ({'; '.join(others)})" if others else "")
    if row["problems"]:
        title += " **not to be believed: " + "; ".join(row["problems"]) + "**"
    return [title, told(ours.get(row["statistic"]), unit), compared, ratio, *goals, spread]


def markdown(table):
    made = table["made"]
    machine = made["machine"]
    lines = [
        f"Measured on {made['date']} at {made['commit']} by `{made['command']}`: {machine['cpu']}, "
        f"{machine['cores']} cores ({machine['load']}), {made['compiler']}, {made['repetitions']} repetitions.",
        "",
        "| what (and who else ran) | ours | compared with | ours is better by | must | stretch | spread |",
        "|---|---:|---:|---:|---|---|---:|",
    ]
    for row in table["rows"]:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in one_line(row)) + " |")
    notes = [f"- {row['title']}: {row['note']}" for row in table["rows"] if row.get("note")]
    if notes:
        lines += ["", *notes]
    return "\n".join(lines) + "\n"


def worsened(table, baseline):
    """Rows whose ratio is worse than the committed one by more than their margin, in words."""
    before = {(row["row"], row["value"]): row for row in baseline["rows"]}
    found = []
    for row in table["rows"]:
        margin = row.get("guard")
        if not margin:
            continue
        known = before.get((row["row"], row["value"]))
        if known is None or not known.get("ratio"):
            found.append((row["row"], "has no committed ratio: renew tests/bench/baseline.json"))
        elif not row["ratio"]:
            found.append((row["row"], "has no ratio: " + "; ".join(row["problems"])))
        elif row["ratio"] * margin < known["ratio"]:
            found.append((row["row"], f"{row['ratio']:.2f} times as good as {row['against']}, "
                                      f"committed were {known['ratio']:.2f}, and {margin:g} times worse is allowed"))
    return found


def replace_between_marks(text, table_text):
    if BEGIN not in text or END not in text:
        raise SystemExit(f"README.md lacks the lines {BEGIN} and {END}")
    head, rest = text.split(BEGIN, 1)
    return head + BEGIN + "\n" + table_text + END + rest.split(END, 1)[1]
