#!/usr/bin/env python3
"""Runs the benchmarks and the peers in turns, and writes the table; deploy/bench builds and calls it.

Exit codes: 0 all well (a missed must is told, and well), 1 a row did not run, contestants differ, or the
guard found a row worse than committed, 2 usage.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
import growth  # noqa: E402
import samples  # noqa: E402
import table as tables  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/bench", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/tests/bench",
                        help="folder of the built benchmarks")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repetitions, no peers")
    parser.add_argument("--no-peers", action="store_true", help="only what is compiled")
    parser.add_argument("--only", action="append", metavar="ROW", help="one row; may be repeated")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--update-readme", action="store_true", help="replace the table in README.md")
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE",
                        help="fail when a guarded ratio is worse than in this earlier --json")
    parser.add_argument("--guarded", action="store_true", help="only rows that --check looks at")
    parser.add_argument("--rounds", type=int, help="how often everything is run; 3, with --quick 1")
    parser.add_argument("--build-type", default="Release", help=argparse.SUPPRESS)
    parser.add_argument("--command", default="deploy/bench", help=argparse.SUPPRESS)
    return parser.parse_args()


def first_line(*command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT,
                              timeout=20).stdout.splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def how_it_was_made(options):
    cpu = platform.processor() or "unknown"
    try:
        cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        pass
    compiler = "unknown"
    cache = options.programs.parent.parent / "CMakeCache.txt"
    if cache.exists():
        found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache.read_text(), re.MULTILINE)
        compiler = first_line(found.group(1), "--version") if found else compiler
    changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT, text=True,
                             capture_output=True, check=False).stdout.strip()
    commit = first_line("git", "rev-parse", "--short=12", "HEAD")
    if changed:
        commit += " with changes"
    load = os.getloadavg()[0]
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "machine": {"cpu": cpu, "cores": os.cpu_count(),
                        "load": f"load {load:.1f} from other work at the start"},
            "compiler": compiler, "commit": commit, "command": options.command}


def programs(folder):
    """The benchmarks that CMake listed, each a program of its own."""
    listed = folder / "benches.txt"
    if not listed.exists():
        raise SystemExit(f"{folder} holds no benchmarks: build them first (deploy/bench does)")
    return [folder / name for name in listed.read_text().split()]


def row_filter(rows):
    """A pattern for --benchmark_filter that takes these rows, with whatever arguments."""
    return "^(" + "|".join(re.escape(row.split("/")[0]) for row in rows) + ")/"


def run_program(program, rows, repetitions, seconds, into):
    """Runs one benchmark program; gives what went wrong."""
    command = [str(program), "--benchmark_format=json", f"--benchmark_repetitions={repetitions}",
               "--benchmark_enable_random_interleaving=true", f"--benchmark_min_time={seconds}"]
    if rows:
        command.append(f"--benchmark_filter={row_filter(rows)}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{program.name}: {error}"], []
    if done.returncode != 0:
        return [f"{program.name} ended with {done.returncode}: {done.stderr.strip()[-300:]}"], []
    if not done.stdout.strip():  # the filter matched none of its benchmarks
        return [], []
    return [], samples.read(done.stdout, into, program.name)


def peer_commands():
    """Peers in other languages: each writes google benchmark's form to its output."""
    found = []
    for script in sorted((HERE / "peers").glob("*_peer.py")):
        found.append((script.stem, ["/usr/bin/python3", str(script)]))
    for script in sorted((HERE / "peers").glob("*_peer.js")):
        found.append((script.stem, ["node", str(script)]))
    return found


def run_peer(name, command, folder, into):
    # numpy's own threads would count as CPU time of one.
    environment = dict(os.environ, BENCH_PROGRAMS=str(folder), PYTHONDONTWRITEBYTECODE="1",
                       OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600,
                              env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{name}: {error}"]
    if done.returncode != 0:
        return [f"{name} ended with {done.returncode}: {done.stderr.strip()[-300:]}"]
    samples.read(done.stdout, into, name)
    return []


def measure(options, rows_wanted):
    """(rows, problems, strangers, repetitions)."""
    rounds = options.rounds or (1 if options.quick else 3)
    repetitions, seconds = (3, 0.02) if options.quick else (3, 0.1)
    rows, problems, strangers = {}, [], []
    began = time.monotonic()
    for turn in range(rounds):
        for program in programs(options.programs):
            print(f"      round {turn + 1} of {rounds}: {program.name} ({time.monotonic() - began:.0f} s)",
                  file=sys.stderr, flush=True)
            failed, unknown = run_program(program, rows_wanted, repetitions, seconds, rows)
            problems += failed
            strangers += unknown
        if options.quick or options.no_peers or rows_wanted and not rows_wanted & PEER_ROWS:
            continue
        for name, command in peer_commands():
            print(f"      round {turn + 1} of {rounds}: {name} ({time.monotonic() - began:.0f} s)",
                  file=sys.stderr, flush=True)
            problems += run_peer(name, command, options.programs, rows)
    return rows, problems, sorted(set(strangers)), rounds * repetitions


# Rows that peers of other languages run in.
PEER_ROWS = {"rolling_correlation", "receive_plain", "receive_tls"}


def grow(options, table, problems):
    """The curves: a program of its own, which says by its exit whether its laws hold."""
    program = options.programs / "growth"
    if options.quick or options.only or not program.exists():
        return ""
    print("      growth", file=sys.stderr, flush=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode not in (0, 1) or not done.stdout:
        problems.append(f"growth ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return ""
    table["growth"] = growth.read(done.stdout)
    if options.update_readme:
        growth.write(table["growth"], HERE / "growth")
    return growth.markdown(table["growth"])


def check(options, goals, table, rows):
    """The guard. What looks worse is measured again, twice: a neighbour on the machine is no regression."""
    baseline = json.loads(options.check.read_text())
    worse = tables.worsened(table, baseline)
    for _ in range(2):
        if not worse:
            break
        names = {name.split("/")[0] for name, _ in worse}
        print("      once more, since worse than committed: " + ", ".join(sorted(names)), file=sys.stderr)
        for program in programs(options.programs):
            run_program(program, names, 5, 0.05, rows)
        again = {(row["row"], row["value"]): row for row in tables.join(goals, rows, names)}
        table["rows"] = [again.get((row["row"], row["value"]), row) for row in table["rows"]]
        worse = tables.worsened(table, baseline)
    return [f"{name}: {words}" for name, words in worse]


def main():
    options = arguments()
    if options.build_type != "Release":
        print(f"SKIPPED: ratios are those of a Release, this is a {options.build_type}")
        return 77
    goals = json.loads((HERE / "goals.json").read_text())
    if options.only:
        known = {goal["row"].split("/")[0] for goal in goals["rows"]}
        unknown = set(options.only) - known
        if unknown:
            print(f"goals.json has no row {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}",
                  file=sys.stderr)
            return 2
    if options.guarded:
        goals["rows"] = [goal for goal in goals["rows"] if goal.get("guard")]
    wanted = set(options.only or [])
    if options.guarded:
        wanted = wanted or {goal["row"].split("/")[0] for goal in goals["rows"]}
    made = how_it_was_made(options)  # as it was at the start: a run takes minutes
    rows, problems, strangers, repetitions = measure(options, wanted)
    table = {"made": dict(made, repetitions=repetitions), "rows": tables.join(goals, rows, wanted)}
    worse = check(options, goals, table, rows) if options.check else []
    promised = {goal["row"] for goal in goals["rows"]}
    table["rows_without_goal"] = sorted(name for name in rows if name not in promised)
    table["without_comparison"] = strangers
    problems += [f"{row['row']}: {problem}" for row in table["rows"] for problem in row["problems"]]
    table["problems"] = problems

    curves = grow(options, table, problems)
    text = tables.markdown(table) + curves
    print(text)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    if options.markdown:
        options.markdown.write_text(text)
    if options.update_readme:
        if options.only or options.quick or problems:
            print("README.md is left alone: it takes only a whole run without problems", file=sys.stderr)
        else:
            readme = ROOT / "README.md"
            readme.write_text(tables.replace_between_marks(readme.read_text(), text))
    missed = [row["row"] for row in table["rows"] if row["must_met"] is False]
    if missed:
        print(f"musts missed: {', '.join(missed)}")
    for row in table["rows_without_goal"]:
        print(f"note: {row} ran, and goals.json promises nothing of it")
    for name in strangers:
        print(f"note: {name} is in no comparison (its name is not row/role:name)")
    for problem in problems:
        print(f"ERROR: {problem}")
    for line in worse:
        print(f"WORSE: {line}")
    return 1 if problems or worse else 0


if __name__ == "__main__":
    sys.exit(main())
