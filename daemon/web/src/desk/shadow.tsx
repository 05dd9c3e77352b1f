// What a second configuration would have said. It is watched from afar: it must not slow what is live.
import {useEffect, useState} from "preact/hooks";

import {fetchData} from "../link/fetch";
import type {AlertDocument, ShadowStatus} from "../model/api";
import * as f from "../model/format";

const askEveryMs = 5000;
const alertsShown = 10;

function head(status: ShadowStatus): string {
  const count = `${status.alerts} ${status.alerts === 1 ? "alert" : "alerts"}`;
  const last = status.last_opened_at ? `, last ${f.time(status.last_opened_at, "utcMinute")} UTC` : "";
  const state = status.error ? " · stopped" : status.warm ? "" : " · still learning what is normal";
  return `Shadow ${status.name}: ${count}${last}; live: ${status.alerts_live}${state}`;
}

function words(status: ShadowStatus): string {
  return [
    "Sent to nobody.",
    status.since ? `Counted since ${f.time(status.since)} UTC.` : "",
    status.differences.length > 0 ? `Set differently: ${status.differences.join(", ")}.` : "Set like the live one.",
    status.inputs_lost > 0 ? `⚠ It fell behind and lost ${status.inputs_lost} inputs: no fair comparison.` : "",
    status.error ? `⚠ It was stopped: ${status.error}.` : "",
  ].filter(Boolean).join(" ");
}

export function Shadow() {
  const [status, setStatus] = useState<ShadowStatus | null>(null);
  const [alerts, setAlerts] = useState<AlertDocument[]>([]);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      const told = await fetchData<ShadowStatus>("api/v1/shadow");
      const rows = told && isOpen ? await fetchData<AlertDocument[]>(`api/v1/shadow/alerts?limit=${alertsShown}`) : null;
      if (gone) return;
      setStatus(told);
      if (rows) setAlerts(rows);
    };
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [isOpen]);
  if (!status) return null;
  return (
    <details id="shadow" class="quiet shadow" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{head(status)}</summary>
      <p>{words(status)}</p>
      <ul>{alerts.map(({data}) => (
        <li key={data.id}><b>{`${f.time(data.detected_at, "utcMinute")} UTC`}</b>{` ${data.severity} · ${data.summary}`}</li>
      ))}</ul>
    </details>
  );
}
