// The time line: alerts with their evidence and what people noted, the latest first; and what can be
// done about an alert.
import type {VNode} from "preact";
import {useEffect, useRef, useState} from "preact/hooks";

import {milliseconds} from "../model/format";
import {store, useStore} from "../model/store";
import {useRoute} from "../page/route";
import {AlertRow, NoteRow} from "./alert_row";
import {NoteForm} from "./note_form";
import {Shadow} from "./shadow";
import {inBlocks, weave} from "./time_line";
import {Block} from "./time_line_block";
import "./alerts.css";

/** Rows drawn at first, and with each arrival at the end of them: nobody reads a thousand at once. */
const rowsAtOnce = 40;
const blockRows = 20;

function useRows(limit: number): {rows: VNode[]; total: number} {
  const {live, alerts, selected} = useStore("alerts", "silenced", "acknowledged", "annotations", "selection", "minute");
  const {alert: current} = useRoute();
  if (!live) return {rows: [], total: 0};
  const now = milliseconds(live.now);
  const minute = now === null ? null : Math.floor(now / 60000) * 60000;
  const hour = now === null ? null : Math.floor(now / 3600000) * 3600000; // what is over is drawn anew that often
  const silenced = new Map(live.silenced.map((row) => [row.id, row]));
  const acknowledged = new Map(live.acknowledged.map((row) => [row.id, row]));
  const entries = weave(alerts, live.annotations);
  // The row that the keys stand on is drawn however far down it is.
  const at = selected === null ? -1 : entries.findIndex(({key}) => key === selected);
  const shown = entries.slice(0, Math.max(limit, at + 2));
  const rows = shown.map((entry) => {
    if (entry.kind === "note") return <NoteRow key={entry.key} note={entry.note} now={hour} />;
    const {data} = entry.document;
    return (
      <AlertRow key={entry.key} data={data} acknowledged={acknowledged.get(data.id)} silenced={silenced.get(data.id)}
        selected={data.id === selected} current={data.id === current} now={data.ended_at === null ? minute : hour} />
    );
  });
  return {rows, total: entries.length};
}

function Problem() {
  const {problem} = useStore("problem");
  return (
    <p id="desk-problem" class="problem" role="alert" hidden={problem === null}>
      {problem} <button type="button" onClick={() => store.tellProblem(null)} aria-label="Close this message">×</button>
    </p>
  );
}

export function Alerts() {
  const [limit, setLimit] = useState(rowsAtOnce);
  const list = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLParagraphElement>(null);
  const {rows, total} = useRows(limit);
  const {selected} = store;
  const more = rows.length < total;

  useEffect(() => {
    if (!end.current) return;
    const watch = new IntersectionObserver((seen) => {
      if (seen.some(({isIntersecting}) => isIntersecting)) setLimit((n) => n + rowsAtOnce);
    }, {root: list.current, rootMargin: "600px"});
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [more, rows.length]);
  useEffect(() => {
    if (selected !== null) list.current?.querySelector(`[data-id="${CSS.escape(selected)}"]`)?.scrollIntoView({block: "nearest"});
  }, [selected]);

  return (
    <section class="panel alerts" aria-labelledby="alerts-title" data-total={total}>
      <h2 id="alerts-title">Alerts and notes</h2>
      <div class="time-line" ref={list} tabIndex={0} role="group" aria-label="Time line"
        onScroll={(event) => { if (event.currentTarget.scrollTop === 0) setLimit(rowsAtOnce); }}>
        {/* Who listens hears of what is new; older rows that come with scrolling are not news. */}
        <div id="alerts" role="log" aria-relevant="additions" aria-labelledby="alerts-title">{rows.slice(0, rowsAtOnce)}</div>
        {rows.length > rowsAtOnce && (
          <div class="older" role="group" aria-label="Older alerts and notes">
            {inBlocks(rows.slice(rowsAtOnce), rowsAtOnce, total, blockRows).map((block) =>
              <Block key={block.key} rows={block.rows} view={list} pinned={block.rows.some((row) => row.key === selected)} />)}
          </div>
        )}
        {more && <p class="quiet" ref={end}>{`${total - rows.length} older …`}</p>}
      </div>
      {total === 0 && <p id="alerts-empty" class="quiet">No alert since this monitor was started.</p>}
      <Problem />
      <NoteForm />
      <Shadow />
    </section>
  );
}
