#!/usr/bin/env python3
"""A real Alertmanager with the files of deploy/: what the desk and those on call read in the chat."""
import datetime
import json
import pathlib
import sys
import tempfile

from common import DEPLOY, Complaints, fetch, free_port, need, receiver, started, wait_for

SHIPPED = DEPLOY / "alertmanager"


def alert(name, severity, summary="", description="", action="", **labels):
    annotations = {"summary": summary, "description": description, "action": action}
    return {"labels": {"alertname": name, "severity": severity, "job": "contagiond",
                       "instance": "desk-1", **labels},
            "annotations": {k: v for k, v in annotations.items() if v}}


def resolved(one):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {**one, "startsAt": (now - datetime.timedelta(minutes=1)).isoformat(),
            "endsAt": (now - datetime.timedelta(seconds=1)).isoformat()}


def prepared(folder, chat):
    """The shipped configuration with the secrets' files in `folder`, and quicker."""
    text = (SHIPPED / "alertmanager.yml").read_text("utf-8")
    text = text.replace("/etc/prometheus/", f"{folder}/")
    for wait in ("group_wait: 10s", "group_interval: 1m", "group_interval: 10s"):
        text = text.replace(wait, wait.split(":")[0] + ": 1s")
    for who in ("desk", "ops"):
        (folder / f"contagiond-{who}-slack-url").write_text(f"{chat}/{who}", "utf-8")
    (folder / "contagiond-pagerduty-key").write_text("0123456789abcdef", "utf-8")
    # The pager's address is PagerDuty's own: nothing leaves this machine here.
    pager = f"pagerduty_configs:\n      - url: {chat}/pager"
    text = text.replace("pagerduty_configs:\n      -", pager + "\n       ", 1)
    (folder / "alertmanager.yml").write_text(text, "utf-8")
    (folder / "contagiond.tmpl").write_text((SHIPPED / "contagiond.tmpl").read_text("utf-8"), "utf-8")


def main():
    need("prometheus-alertmanager")
    complaints = Complaints()
    with tempfile.TemporaryDirectory(prefix="contagiond-am-") as folder, receiver() as (chat, sent):
        folder = pathlib.Path(folder)
        prepared(folder, chat)
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        with started("prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml",
                     f"--storage.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
                     "--cluster.listen-address=", log=folder / "log") as process:
            wait_for("Alertmanager is ready", lambda: fetch(f"{base}/-/ready")[0] == 200, process)

            def post(*alerts):
                status, _, body = fetch(f"{base}/api/v2/alerts", json.dumps(alerts).encode(),
                                        {"Content-Type": "application/json"})
                complaints.check(status == 200, f"taken: {status} {body}")

            def messages(path):
                return [body.decode("utf-8") for where, body in sent if where == path]

            def await_message(path, *parts):
                found = wait_for(f"{path} is told {parts}", lambda: [
                    text for text in messages(path) if all(part in text for part in parts)], process)
                return json.loads(found[0])

            detected = alert("ContagionDetected", "critical", rule="tech_to_crypto", source="us_tech",
                             summary="BTC-USD -3.1 % in 22 min", description="NVDA led by 41 s")
            post(detected)
            chat_message = await_message("/desk", "BTC-USD -3.1 %")["attachments"][0]
            complaints.check(chat_message["title"] == "critical: BTC-USD -3.1 % in 22 min",
                             f"the title: {chat_message['title']}")
            complaints.check(chat_message["text"].strip() == "NVDA led by 41 s",
                             f"the text: {chat_message['text']}")
            complaints.check(chat_message["color"] == "#D7263D", f"{chat_message['color']}")
            post(resolved(detected))
            chat_message = await_message("/desk", "resolved: BTC-USD")["attachments"][0]
            complaints.check(chat_message["color"] == "#2A9D8F", f"{chat_message['color']}")

            # As the daemon tells that an episode grew worse: one fires, however it is called.
            def firing():
                return [one["labels"]["severity"] for one in json.loads(
                    fetch(f"{base}/api/v2/alerts?active=true")[2])
                        if one["labels"].get("rule") == "crypto_to_tech"]

            episode = {severity: alert("ContagionDetected", severity, rule="crypto_to_tech",
                                       source="us_tech", summary=f"an episode, {severity}")
                       for severity in ("warning", "critical")}
            now = datetime.datetime.now(datetime.timezone.utc)
            for one in episode.values():
                one["startsAt"] = (now - datetime.timedelta(minutes=5)).isoformat()
                one["endsAt"] = (now + datetime.timedelta(minutes=3)).isoformat()
            post(episode["warning"])
            await_message("/desk", "an episode, warning")
            wait_for("it fires", lambda: firing() == ["warning"], process)
            for new, old in (("critical", "warning"), ("warning", "critical"), ("critical", "warning")):
                post(episode[new], {**episode[old], "endsAt": datetime.datetime.now(
                    datetime.timezone.utc).isoformat()})
                wait_for(f"only {new} fires", lambda: firing() == [new], process)
            await_message("/desk", "an episode, critical")
            post(resolved(episode["critical"]))
            wait_for("it is over", lambda: not firing(), process)

            post(alert("ContagiondSymbolStale", "warning", "NVDA has an old price", "Since long.",
                       "Look at the venue.", symbol="NVDA"))
            chat_message = await_message("/ops", "NVDA has an old price")["attachments"][0]
            complaints.check("What to do: Look at the venue." in chat_message["text"],
                             f"what to do is told: {chat_message['text']}")
            complaints.check(chat_message["title"] == "warning: NVDA has an old price",
                             f"the title: {chat_message['title']}")

            # Somebody is woken, the desk knows, and what follows from it is not told on top.
            post(alert("ContagiondDown", "critical", "contagiond does not answer", "Nobody watches."))
            pager = await_message("/pager", "does not answer")
            complaints.check(pager["payload"]["severity"] == "critical", f"{pager}")
            await_message("/desk", "does not answer")
            post(alert("ContagiondRingDropping", "critical", "ticks are lost", "Ten."))
            post(alert("ContagionDetected", "warning", "the last one", "After it.", rule="common_macro"))
            await_message("/desk", "the last one")
            told = messages("/ops") + messages("/pager")
            complaints.check(not any("ticks are lost" in text for text in told),
                             "one cause, one message")
        if complaints.all:
            print((folder / "log").read_text("utf-8")[-2000:])
    return complaints.finish()


if __name__ == "__main__":
    sys.exit(main())
