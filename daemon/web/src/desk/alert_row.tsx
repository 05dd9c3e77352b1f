// One alert on the time line, and one note. Rows are drawn anew only when what they show has changed.
import type {ComponentChildren} from "preact";
import {useState} from "preact/hooks";

import {tell} from "../link/tell";
import type {Acknowledgement, AlertData, Annotation, SilencedAlert} from "../model/api";
import * as f from "../model/format";
import {goToMoment} from "../moment/player";
import {alertAddress} from "../page/route";
import {still} from "../page/still";
import {clockTime} from "./session_words";
import {lasting, severityWord} from "./time_line";

/** A button that asks the daemon for something, and not twice. */
export function Act({text, title, act}: {text: string; title: string; act: () => Promise<unknown> | void}) {
  const [busy, setBusy] = useState(false);
  const press = async (event: Event) => {
    event.stopPropagation(); // the alert around it opens its moment
    setBusy(true);
    await act();
    setBusy(false);
  };
  return <button type="button" title={title} disabled={busy} onClick={(event) => void press(event)}>{text}</button>;
}

function Marks({data, acknowledged, silenced}: {
  data: AlertData; acknowledged: Acknowledgement | undefined; silenced: SilencedAlert | undefined;
}) {
  const path = `api/v1/alerts/${encodeURIComponent(data.id)}/ack`;
  const open = data.status !== "resolved";
  const silence = () => {
    const rule = f.ruleWord[data.rule] ?? data.rule;
    if (!window.confirm(`Send no alert of the rule “${rule}” for one hour? Alerts are still stored and shown here.`)) return;
    return tell("POST", "api/v1/silences", {rule: data.rule, for: "1h", comment: `from the page, at ${data.id}`},
      `contagiond silence add --rule=${data.rule} --for=1h --comment=…`);
  };
  return (
    <>
      {silenced && <p class="mark-silenced">{`Not sent: silenced (${silenced.silence})`}</p>}
      {acknowledged && (
        <p class="mark-acknowledged">
          {`✓ ${acknowledged.by} looks after it since ${f.time(acknowledged.at, "utcMinute")} UTC`}
          {acknowledged.comment ? `: ${acknowledged.comment}` : ""}{" "}
          <Act text="Undo" title="Take the acknowledgement back"
            act={() => tell("DELETE", path, null, `contagiond ack ${data.id} --undo`)} />
        </p>
      )}
      {open && (!acknowledged || !silenced) && (
        <p class="todo">
          {!acknowledged && <Act text="Acknowledge" title="Tell everybody that you look after it"
            act={() => tell("POST", path, {}, `contagiond ack ${data.id}`)} />}
          {!silenced && <Act text="Silence 1 h" title="Send no alert of this rule for an hour" act={silence} />}
        </p>
      )}
    </>
  );
}

/** By then the panel is there, if only with its title. */
const drawnAfterMs = 100;

export interface AlertRowProps {
  data: AlertData;
  acknowledged: Acknowledgement | undefined;
  silenced: SilencedAlert | undefined;
  selected: boolean; // the keys stand on it
  current: boolean; // its moment is shown
  now: number | null; // milliseconds; of an open alert, by the minute
}

/** Whether two rows would look the same. */
const sameRow = (a: AlertRowProps, b: AlertRowProps): boolean =>
  a.data === b.data && a.acknowledged === b.acknowledged && a.silenced === b.silenced && a.selected === b.selected &&
  a.current === b.current && a.now === b.now;

/** Beside going to the moment, which the address does. */
function toExplanation(event: Event): void {
  event.stopPropagation(); // the row would start its moment anew
  setTimeout(() => document.getElementById("explanation")?.scrollIntoView({block: "start"}), drawnAfterMs);
}

export const AlertRow = still(({data, acknowledged, silenced, selected, current, now}: AlertRowProps): ComponentChildren => {
  const day = now !== null && Math.abs(now - Date.parse(data.detected_at)) > 69120000 ? `${f.date(data.detected_at)}, ` : "";
  return (
    <article class="alert" data-id={data.id} data-severity={data.severity} data-status={data.status} data-selected={selected || undefined}
      aria-current={current ? "true" : undefined} onClick={() => { if (getSelection()?.isCollapsed ?? true) goToMoment(data.id); }}>
      <p class="alert-head">
        <span class="severity">{severityWord(data)}</span>
        <span class="title">{data.title}</span>
      </p>
      <p class="summary">{data.summary}</p>
      {data.data_quality.degraded && <p class="doubt">⚠ Told with data in doubt</p>}
      <p class="when">
        {`${day}${f.time(data.detected_at, "ny")} New York · ${f.time(data.detected_at, "utc")} UTC · ${lasting(data, now)} · `}
        <a href={alertAddress(data.id)} aria-label={`why it fired: ${data.title}`}
          onClick={toExplanation}>why it fired</a>
      </p>
      <Marks data={data} acknowledged={acknowledged} silenced={silenced} />
    </article>
  );
}, sameRow);

export const NoteRow = still(({note, now}: {note: Annotation; now: number | null}) => {
  return (
    <article class="note" data-time={note.time}>
      <p><b>{clockTime(note.time, now)}</b> {note.text}</p>
      <p class="when">{["note", ...note.symbols, ...note.tags.map((tag) => `#${tag}`), note.by].join(" · ")}</p>
    </article>
  );
});
