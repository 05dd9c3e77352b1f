"""The dashboards of deploy/grafana: their panels and queries, with variables put in as Grafana does."""
import json
import re

from common import DEPLOY, api

FOLDER = DEPLOY / "grafana" / "dashboards"


def load():
    """Name to dashboard."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def panels(dashboard):
    """All panels, also those inside of collapsed rows."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(dashboard):
    """(panel's title, refId, expr, repeated variable or None) of every query; annotations are
    panels of that name."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield panel["title"], target["refId"], target["expr"], panel.get("repeat")
    for annotation in dashboard["annotations"]["list"]:
        if "expr" in annotation:
            yield f"annotation: {annotation['name']}", "A", annotation["expr"], None


def variables(dashboard, prometheus, start, end):
    """Name to its values: the first alone, or all of them for a variable of several. Built-in ones
    are texts."""
    values = {"__rate_interval": "20s", "__interval": "5s", "__range": "1m"}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
        selector, label = put_in(match[1], values), match[2]
        series = api(prometheus, "/api/v1/series", **{"match[]": selector, "start": start, "end": end})
        found = sorted({one[label] for one in series or [] if label in one})
        values[variable["name"]] = found if variable["includeAll"] else found[:1]
    return values


def put_in(text, values, repeat=None):
    """The text with its variables replaced: by one value, or by a regular expression of several; a
    panel that repeats itself for a variable sees its values one by one, here the first. A variable
    that nobody declares is a KeyError."""
    def value_of(found):
        name, value = found[1], values[found[1]]
        if isinstance(value, str):
            return value
        if len(value) < 2 or name == repeat:
            return value[0] if value else ""
        # A regular expression inside of a string.
        return "(" + "|".join(re.escape(v).replace("\\", "\\\\") for v in value) + ")"

    return re.sub(r"\$\{?(\w+)\}?", value_of, text)
