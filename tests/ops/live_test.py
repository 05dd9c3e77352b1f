#!/usr/bin/env python3
"""A real Prometheus scrapes a demo for a minute by the files of deploy/: every rule is taken, every
query of every dashboard is understood and finds something, exemplars arrive, no scrape fails.

usage: live_test.py CONTAGIOND [OUTPUTS.md]
"""
import gzip
import pathlib
import re
import sys
import tempfile
import time

import dashboards
from common import (DEPLOY, Complaints, api, fetch, free_port, need, receiver, run, started,
                    wait_for)

SCRAPES = 60
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def prometheus_config(target):
    """The shipped configuration, quicker, with our target and our rules' places."""
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8")
    for old, new in [("scrape_interval: 5s", "scrape_interval: 1s"),
                     ("scrape_timeout: 4s", "scrape_timeout: 1s"),
                     ("evaluation_interval: 5s", "evaluation_interval: 1s"),
                     ("127.0.0.1:9464", target),
                     ("127.0.0.1:9093", "127.0.0.1:9"),
                     ("- recording.rules.yml", f"- {DEPLOY}/prometheus/recording.rules.yml"),
                     ("- alerting.rules.yml", f"- {DEPLOY}/prometheus/alerting.rules.yml")]:
        if old not in text:
            sys.exit(f"FAILED: deploy/prometheus/prometheus.yml does not say {old!r}")
        text = text.replace(old, new)
    return text


def series_of(page):
    return {line.rsplit(" ", 1)[0] for line in page.splitlines() if line and line[0] != "#"}


def families_of(page):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))


def check_pages(complaints, daemon, first_page):
    """Both formats, packed and not; and no series that was not there from the start."""
    _, headers, body = fetch(f"{daemon}/metrics")
    page = body.decode("utf-8")
    complaints.check(headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8",
                     "the page's type is that of the text format")
    code, said = run("promtool", "check", "metrics", input=page)
    complaints.check(code == 0 and not said.strip(), f"promtool check metrics: {said}")
    _, headers, body = fetch(f"{daemon}/metrics",
                             headers={"Accept": OPEN_METRICS, "Accept-Encoding": "gzip"})
    complaints.check(headers["Content-Encoding"] == "gzip", "the page is packed on request")
    open_page = gzip.decompress(body).decode("utf-8")
    complaints.check(headers["Content-Type"].startswith(OPEN_METRICS), "OpenMetrics on request")
    complaints.check(open_page.endswith("\n# EOF\n"), "OpenMetrics ends with its end")
    # A status code comes when it is first answered; everything else stands from the start.
    born = {name for name in series_of(page) - series_of(first_page)
            if not name.startswith("contagiond_http_requests_total{")}
    complaints.check(not born, f"series that did not stand from the start: {sorted(born)}")
    told = families_of(page)
    with_series = {name.split("{")[0] for name in series_of(page)}
    for name, kind in told.items():
        complaints.check((name + "_bucket" if kind == "histogram" else name) in with_series,
                         f"{name} has no series")
    return told


def check_contract(complaints, told, outputs):
    """Each name of the contract's table is served."""
    if not outputs or not pathlib.Path(outputs).is_file():
        print("SKIPPED: the contract is not present")
        return
    section = pathlib.Path(outputs).read_text("utf-8").split("## 2.")[1].split("## 3.")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    names = [name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row)]
    complaints.check(len(names) > 50, f"the contract's table has {len(names)} names")
    for name in names:
        full = name if name.startswith("process_") else f"contagiond_{name}"
        complaints.check(full in told, f"{full} of the contract")


def check_scrapes(complaints, prometheus):
    targets = api(prometheus, "/api/v1/targets", state="active")["activeTargets"]
    complaints.check(len(targets) == 1 and targets[0]["health"] == "up"
                     and not targets[0]["lastError"], f"the target is well: {targets}")
    lowest = api(prometheus, "/api/v1/query", query='min_over_time(up{job="contagiond"}[10m])')
    complaints.check(lowest["result"] and float(lowest["result"][0]["value"][1]) == 1,
                     "no scrape failed")
    own = fetch(f"{prometheus}/metrics")[2].decode("utf-8")
    for trouble in ("sample_out_of_order", "sample_duplicate_timestamp", "sample_out_of_bounds",
                    "exemplar_out_of_order", "exceeded_sample_limit"):
        found = re.search(rf"^prometheus_target_scrapes_{trouble}_total (\S+)$", own, re.M)
        complaints.check(found and float(found[1]) == 0, f"{trouble}: {found and found[0]}")


def check_rules(complaints, prometheus):
    written = {kind: set() for kind in ("alert", "record")}
    for path in (DEPLOY / "prometheus").glob("*.rules.yml"):
        for kind, name in re.findall(r"^ +- (alert|record): (\S+)$", path.read_text("utf-8"), re.M):
            written[kind].add(name)
    taken = {"alerting": set(), "recording": set()}
    for group in api(prometheus, "/api/v1/rules")["groups"]:
        for rule in group["rules"]:
            taken[rule["type"]].add(rule["name"])
            complaints.check(rule["health"] == "ok" and not rule.get("lastError"),
                             f"rule {rule['name']}: {rule['health']} {rule.get('lastError')}")
            complaints.check(rule.get("state") != "firing",
                             f"{rule['name']} fires on a healthy demo: {rule.get('alerts')}")
    complaints.check(taken["alerting"] == written["alert"] and written["alert"],
                     f"alerting rules: {taken['alerting'] ^ written['alert']}")
    complaints.check(taken["recording"] == written["record"] and written["record"],
                     f"recording rules: {taken['recording'] ^ written['record']}")


def read_exceptions():
    """(dashboard, panel, refId) to the reason."""
    exceptions = {}
    for line in (pathlib.Path(__file__).parent / "may_be_empty.txt").read_text("utf-8").splitlines():
        if line and line[0] != "#":
            place, reason = line.split(": ", 1)
            exceptions[tuple(place.split(" / "))] = reason
    return exceptions


def check_dashboards(complaints, prometheus, start, end):
    exceptions = read_exceptions()
    unused = set(exceptions)
    asked = 0
    for name, dashboard in dashboards.load().items():
        values = dashboards.variables(dashboard, prometheus, start, end)
        for variable, value in values.items():
            complaints.check(value, f"{name}: the variable {variable} has no value")
        for panel, ref, expr, repeat in dashboards.queries(dashboard):
            query = dashboards.put_in(expr, values, repeat)
            place = f"{name}, {panel}, {ref}: {query}"
            complaints.check(api(prometheus, "/api/v1/format_query", query=query) is not None,
                             f"{place} is not understood")
            data = api(prometheus, "/api/v1/query_range", query=query, start=start, end=end, step=1)
            unused.discard((name, panel, ref))
            complaints.check(data and (data["result"] or (name, panel, ref) in exceptions),
                             f"{place} returns nothing")
            asked += 1
    print(f"{asked} queries asked")
    complaints.check(asked > 50, "there are queries")
    complaints.check(not unused, f"may_be_empty.txt speaks of queries that are not there: {unused}")


def check_exemplars(complaints, prometheus, daemon):
    """What hangs on the numbers are the ids of the alerts that the daemon lists. They are stamped
    in the demo's time."""
    body = fetch(f"{daemon}/api/v1/alerts?since=2020-01-01T00:00:00Z&limit=500")[2].decode("utf-8")
    known = set(re.findall(r'"id":"([0-9A-Z]{26})"', body))
    complaints.check(known, "the daemon lists an alert")
    for metric in ("contagiond_alerts_total", "contagiond_tick_to_decision_seconds_bucket"):
        data = api(prometheus, "/api/v1/query_exemplars", query=metric, start=1577836800,
                   end=int(time.time()) + 60)
        ids = {one["labels"]["alert_id"] for series in data or [] for one in series["exemplars"]}
        complaints.check(ids and ids <= known, f"exemplars of {metric}: {ids}, alerts: {known}")


def main():
    need("prometheus", "promtool")
    contagiond = sys.argv[1]
    complaints = Complaints()
    with tempfile.TemporaryDirectory(prefix="contagiond-ops-") as folder, receiver() as (hook, sent):
        folder = pathlib.Path(folder)
        # A market minute a second: the spillover begins after 12 s and ends after 30.
        with started(contagiond, "demo", "--speed=60", "--web.listen-address=127.0.0.1:0",
                     f"--webhook.url={hook}/hook", log=folder / "demo.log") as demo:
            daemon = wait_for("the demo tells its address", lambda: re.search(
                r"^Metrics +(http://\S+)/metrics$", (folder / "demo.log").read_text("utf-8"), re.M),
                demo)[1]
            wait_for("the daemon is ready", lambda: fetch(f"{daemon}/-/ready")[0] == 200, demo)
            first_page = fetch(f"{daemon}/metrics")[2].decode("utf-8")

            (folder / "prometheus.yml").write_text(prometheus_config(daemon.split("//")[1]), "utf-8")
            port = free_port()
            prometheus = f"http://127.0.0.1:{port}"
            start = time.time()
            with started("prometheus", f"--config.file={folder}/prometheus.yml",
                         f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
                         "--enable-feature=exemplar-storage", log=folder / "prometheus.log") as server:
                wait_for("Prometheus is ready",
                         lambda: fetch(f"{prometheus}/-/ready")[0] == 200, server)

                def scrapes():
                    data = api(prometheus, "/api/v1/query",
                               query='count_over_time(up{job="contagiond"}[10m])')
                    return data["result"] and int(data["result"][0]["value"][1]) >= SCRAPES

                wait_for(f"{SCRAPES} scrapes", scrapes, server, seconds=240)
                end = time.time()
                told = check_pages(complaints, daemon, first_page)
                check_contract(complaints, told, sys.argv[2] if len(sys.argv) > 2 else None)
                check_scrapes(complaints, prometheus)
                check_rules(complaints, prometheus)
                check_dashboards(complaints, prometheus, start, end)
                check_exemplars(complaints, prometheus, daemon)
                complaints.check(sent, "the receiver was told of the episode")
                complaints.check(demo.poll() is None, "the demo still runs")
        if complaints.all:
            print((folder / "prometheus.log").read_text("utf-8")[-2000:])
            print((folder / "demo.log").read_text("utf-8")[-2000:])
    return complaints.finish()


if __name__ == "__main__":
    sys.exit(main())
