// What stands around a chart: the switch of ranges, the time at the cursor, the chart's frame, its table.
import type {ComponentChildren, RefObject} from "preact";
import {useState} from "preact/hooks";

import * as f from "../model/format";
import {store} from "../model/store";
import {sampleRows, type TimeRange} from "../model/time_range";
import type {ShownTime} from "./use_chart";

const ranges: [string, TimeRange, string][] = [
  ["30\u00a0min", 30 * 60_000, "30m"], ["2\u00a0h", 2 * 3_600_000, "2h"], ["All", "all", "all"],
];

/** How much time all charts show. A stretch that was dragged over can be left here as well as by a double click. */
export function RangeChoice() {
  const {range} = store.view;
  const isPlayed = store.moment !== null;
  return (
    <div class="choice" role="group" aria-label="Time shown">
      {ranges.map(([text, value, name]) => (
        <button type="button" key={name} data-range={name} disabled={isPlayed} aria-pressed={!isPlayed && range === value}
          title={isPlayed ? "The minutes around the alert are shown" : undefined}
          onClick={() => store.setView({range: value})}>{text}</button>
      ))}
      {typeof range === "object" && !isPlayed && (
        <button type="button" data-range="stretch" aria-pressed title="Back (double click in a chart)"
          onClick={() => store.leaveStretch()}>{`${f.time(range.from, "nyMinute")}–${f.time(range.to, "nyMinute")} ×`}</button>
      )}
    </div>
  );
}

/** The time that the legend's values are of. */
export function LegendTime({t, word}: {t: number | undefined; word: string}) {
  if (t === undefined) return null;
  return <li class="legend-time">{`${word} ${f.time(t, "ny")} New York · ${f.time(t, "utc")} UTC`}</li>;
}

export const timeWord = (hovered: boolean, time: ShownTime): string =>
  hovered ? "At" : time.cursor !== null ? "Then," : typeof store.view.range === "object" ? "Until" : "Latest,";

/** The canvas. The arrow keys move its cursor from bar to bar, for which it takes the focus. */
export function Plot({frame, label, isEmpty}: {frame: RefObject<HTMLDivElement | null>; label: string; isEmpty: boolean}) {
  return (
    <>
      {isEmpty && <p class="quiet chart-empty">Waiting for the first bar.</p>}
      <div class="plot" ref={frame} role="img" aria-label={label} tabIndex={0} hidden={isEmpty} />
    </>
  );
}

const tableRows = 24;

/** The chart as a table, worked out only while it is open. */
export function AsTable({caption, time, columns}: {
  caption: string; time: ShownTime; columns: {name: string; text: (row: number) => string}[];
}) {
  const [open, setOpen] = useState(false);
  let body: ComponentChildren = null;
  if (open)
    body = (
      <div class="scroll" tabIndex={0} role="region" aria-label={`${caption}, as a table`}>
        <table>
          <caption class="spoken">{caption}</caption>
          <thead>
            <tr><th scope="col">New York</th><th scope="col">UTC</th>{columns.map(({name}) => <th scope="col" key={name}>{name}</th>)}</tr>
          </thead>
          <tbody>
            {sampleRows(time.ts, time.stretch, tableRows).map((row) => (
              <tr key={time.ts[row]}>
                <th scope="row">{f.time(time.ts[row], "ny")}</th>
                <td class="number">{f.time(time.ts[row], "utc")}</td>
                {columns.map(({name, text}) => <td class="number" key={name}>{text(row)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {body}
    </details>
  );
}
