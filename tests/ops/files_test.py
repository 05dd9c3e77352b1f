#!/usr/bin/env python3
"""The files of deploy/ for Prometheus, Alertmanager and Grafana, without a daemon: promtool and
amtool are content, each alert has its texts, a row in the table and a case for firing and for not
firing, and the dashboards hold together.
"""
import re
import sys

import dashboards
from common import DEPLOY, Complaints, need, run

PROMETHEUS = DEPLOY / "prometheus"


def alerts():
    """Name to the text of each alerting rule."""
    text = (PROMETHEUS / "alerting.rules.yml").read_text("utf-8")
    parts = re.split(r"^ +- alert: (\S+)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def check_promtool(complaints):
    rules = sorted(str(path) for path in PROMETHEUS.glob("*.rules.yml"))
    cases = sorted(str(path) for path in (PROMETHEUS / "tests").glob("*.yml"))
    for command in (["promtool", "check", "config", str(PROMETHEUS / "prometheus.yml")],
                    ["promtool", "check", "rules", "--lint=all", "--lint-fatal", *rules],
                    ["promtool", "test", "rules", *cases]):
        code, said = run(*command)
        complaints.check(code == 0, f"{' '.join(command[:3])}:\n{said}")


def check_alerts(complaints):
    table = (DEPLOY / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(Contagiond\w+)` \|", table, re.M)
    complaints.check(rows == list(alerts()),
                     f"deploy/README.md and the rules differ: {set(rows) ^ set(alerts())}, or in order")
    # Of every alert, in all cases: is anything expected, and is nothing expected?
    firing, silent = set(), set()
    for path in (PROMETHEUS / "tests").glob("*.yml"):
        text = path.read_text("utf-8")
        for name, expected in re.findall(
                r"alertname=\"(\w+)\".*\n +eval_time: .*\n +exp_samples:(.*)", text):
            (silent if "[]" in expected else firing).add(name)
        for name, expected in re.findall(
                r"alertname: (\w+)\n +eval_time: .*\n +exp_alerts:(.*)", text):
            (silent if "[]" in expected else firing).add(name)
    for name, text in alerts().items():
        complaints.check(re.search(r"severity: (critical|warning|info)\n", text),
                         f"{name} has a severity")
        for annotation in ("summary", "description", "action"):
            complaints.check(re.search(rf'^ +{annotation}: ".+"$', text, re.M),
                             f"{name} has the annotation {annotation}")
        complaints.check(name in firing, f"{name}: a case in which it fires")
        complaints.check(name in silent, f"{name}: a case in which it does not fire")


def check_alertmanager(complaints):
    config = DEPLOY / "alertmanager" / "alertmanager.yml"
    code, said = run("amtool", "check-config", str(config))
    complaints.check(code == 0, f"amtool check-config: {said}")
    for labels, receivers in [
            ("alertname=ContagionDetected severity=critical rule=tech_to_crypto", "desk"),
            ("alertname=ContagionDetected severity=warning rule=common_macro", "desk"),
            ("alertname=ContagionTest severity=info", "desk"),
            ("alertname=ContagiondDown severity=critical", "ops-pager,desk"),
            ("alertname=ContagiondRingDropping severity=critical", "ops-pager,ops"),
            ("alertname=ContagiondSymbolStale severity=warning", "ops"),
            ("alertname=SomethingElse severity=warning", "ops")]:
        code, said = run("amtool", "config", "routes", "test", f"--config.file={config}",
                         f"--verify.receivers={receivers}", *labels.split())
        complaints.check(code == 0, f"{labels} goes to {receivers}: {said}")
    # What inhibits, and is inhibited, must exist.
    known = [*alerts(), "ContagionDetected", "ContagionTest"]
    for pattern in re.findall(r'alertname!?=~?"([^"]+)"', config.read_text("utf-8")):
        prefix, *others = re.split(r"[(|)]", pattern.rstrip(")"))
        for name in [prefix + other for other in others] or [prefix]:
            complaints.check(any(re.fullmatch(name, one) for one in known),
                             f"alertmanager.yml speaks of {name}, which no rule is")


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


CORE_PANELS = {"row", "stat", "timeseries", "state-timeline", "bargauge", "table", "heatmap", "text"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def check_dashboards(complaints):
    boards = dashboards.load()
    complaints.check(set(boards) == {"desk", "ops"}, f"dashboards: {set(boards)}")
    for name, board in boards.items():
        all_panels = list(dashboards.panels(board))
        declared = {variable["name"] for variable in board["templating"]["list"]}
        complaints.check({"datasource", "instance"} <= declared, f"{name}: {declared}")
        complaints.check(len({panel["id"] for panel in all_panels}) == len(all_panels),
                         f"{name}: ids are unique")
        for i, panel in enumerate(all_panels):
            place = f"{name}, {panel['title']}"
            complaints.check(panel["type"] in CORE_PANELS, f"{place}: {panel['type']} is a plugin")
            grid = panel["gridPos"]
            complaints.check(grid["x"] + grid["w"] <= 24, f"{place}: within the page")
            for other in all_panels[:i]:
                complaints.check(not overlap(grid, other["gridPos"]),
                                 f"{place} lies over {other['title']}")
            if panel["type"] == "row":
                continue
            complaints.check(panel.get("description"), f"{place}: says what it shows")
            complaints.check(panel["datasource"] == SOURCE, f"{place}: the data source is chosen")
            if panel["type"] in ("timeseries", "bargauge"):
                complaints.check(panel["fieldConfig"]["defaults"].get("unit"), f"{place}: a unit")
            if panel["type"] == "state-timeline":
                complaints.check(panel["fieldConfig"]["defaults"].get("mappings"),
                                 f"{place}: states in words, not colours alone")
            for target in panel["targets"]:
                complaints.check(target["datasource"] == SOURCE, f"{place}: a fixed data source")
        for title, ref, expr, _ in dashboards.queries(board):
            used = set(re.findall(r"\$\{?([a-z]\w*)", expr))
            complaints.check(used <= declared, f"{name}, {title}, {ref}: unknown {used - declared}")
            complaints.check("$instance" in expr, f"{name}, {title}, {ref}: of one instance")


def main():
    need("promtool")
    complaints = Complaints()
    check_promtool(complaints)
    check_alerts(complaints)
    check_dashboards(complaints)
    code, _ = run("sh", "-c", "command -v amtool")
    if code == 0:
        check_alertmanager(complaints)
    else:
        print("amtool not present: alertmanager.yml is not checked")
    return complaints.finish()


if __name__ == "__main__":
    sys.exit(main())
