// The price chart: how far the source group, its members and the targets have moved, on one axis.
import {useMemo} from "preact/hooks";

import * as f from "../model/format";
import type {State} from "../model/api";
import {store, useShown} from "../model/store";
import {drawEnds, type End} from "./chart_ends";
import {alertMarks, drawAlertBands, drawAlertMarks, drawNotes, noteMarks} from "./chart_marks";
import {clipped, ink} from "./chart_ink";
import {AsTable, LegendTime, Plot, RangeChoice, timeWord} from "./chart_parts";
import {knownRow, type Column} from "./derived";
import {linesOf, onsetOf, PriceColumns, type Line} from "./price_lines";
import {isNarrow, type ChartOptions, type ChartUpdate, type Pen} from "./time_chart";
import {changeRange, percentDecimals, ticks, valueStep} from "./time_ticks";
import {Hover, shownTime, useHover, useTimeChart, type ShownTime} from "./use_chart";
import "./price_chart.css";

type Drawn = Line & {column: Column};

const strokeWidth = {group: 2.5, target: 2, member: 1};

const options = (lines: readonly Drawn[], hover: Hover): ChartOptions => ({
  height: (width) => (isNarrow(width) ? 300 : 360),
  lines: lines.map((line) => ({
    stroke: () => ink(line.ink), width: strokeWidth[line.kind], alpha: line.kind === "member" ? 0.6 : 1,
  })),
  range: changeRange,
  ticks: (low, high, height) => {
    // None so low that its words stand among those of the time.
    return ticks(low + ((high - low) * 6) / height, high, valueStep(high - low, height / 44));
  },
  label: (value, step) => f.percent(Math.abs(value) < step / 2 ? 0 : value, percentDecimals(step)),
  timeAxis: true,
  onCursor: hover.set,
});

/** Where all lines start from. */
function drawZero(pen: Pen): void {
  const y = Math.round(pen.y(0)) + 0.5;
  if (y < pen.top || y > pen.bottom) return;
  pen.g.strokeStyle = ink("--quiet");
  pen.g.lineWidth = 1;
  pen.g.beginPath();
  pen.g.moveTo(pen.left, y);
  pen.g.lineTo(pen.right, y);
  pen.g.stroke();
}

function endsOf(lines: readonly Drawn[], time: ShownTime): End[] {
  const movedMost = lines.filter(({kind}) => kind === "member")
    .map(({name, column}) => ({name, size: Math.abs(column[time.row] ?? 0)})).sort((a, b) => b.size - a.size).map(({name}) => name);
  return lines.flatMap(({name, kind, ink: stroke, column}): End[] => {
    const row = knownRow(column, time.row);
    const at = column[row] ?? null;
    if (at === null) return [];
    const isNow = row === time.row;
    return [{
      name, value: isNow ? f.percent(at) : "no price", at, ink: kind === "member" ? "--quiet" : stroke, isSmall: kind === "member",
      rank: kind === "member" ? 2 + movedMost.indexOf(name) : kind === "group" ? 0 : 1, t: time.ts[row] ?? null, isFaint: !isNow,
    }];
  });
}

const said = (value: number | null): string => (value === null ? "no price" : f.percent(value));

// As they are read: the group, the targets, the members.
const order = {group: 0, target: 1, member: 2};
const inOrder = (lines: readonly Drawn[]): Drawn[] => [...lines].sort((a, b) => order[a.kind] - order[b.kind]);

/** Names and values: of the bar under the cursor, or of the latest. */
function Legend({lines, time, hover, state}: {lines: readonly Drawn[]; time: ShownTime; hover: Hover; state: State}) {
  const hovered = useHover(hover);
  const row = hovered ?? time.row;
  const t = time.ts[row];
  const notes = hovered === null || t === undefined ? []
    : noteMarks(state.annotations, time.stretch).filter((note) => Math.abs(note.t - t) <= (time.stretch.to - time.stretch.from) / 100);
  const sorted = inOrder(lines);
  return (
    <>
      <ul class="legend" id="price-legend" aria-label="Lines and their values">
        <LegendTime t={t} word={timeWord(hovered !== null, time)} />
        {sorted.map(({name, kind, ink: stroke, column}) => {
          const value = column[row] ?? null;
          return (
            <li key={`${kind} ${name}`} data-series={name} data-kind={kind} data-value={value ?? ""}>
              <span class={`key key-${kind}`} style={{borderTopColor: `var(${stroke})`}} aria-hidden="true" />
              <bdi>{name}</bdi>
              <b>{value === null ? <span class="quiet">no price</span> : f.percent(value)}</b>
            </li>
          );
        })}
      </ul>
      <p class="spoken" role="status">
        {hover.byKeys && hovered !== null
          ? `${f.time(t, "ny")} New York: ${sorted.map(({name, column}) => `${name} ${said(column[row] ?? null)}`).join(", ")}` : ""}
      </p>
      {notes.map(({t: at, text}) => <p class="quiet note-at-cursor" key={`${at} ${text}`}>{`● ${f.time(at, "ny")} ${clipped(text, 160)}`}</p>)}
    </>
  );
}

/** The alert whose onset counts: that of the moment shown, the one chosen, or the latest. */
function onsetAlert() {
  const id = store.moment?.alertId ?? store.selected;
  return (id ? store.alert(id) : undefined) ?? store.alerts[0];
}

function BaseChoice({onset, isKept}: {onset: number | null; isKept: boolean}) {
  const {sinceOnset} = store.view;
  return (
    <div class="choice" role="group" aria-label="Change since">
      <button type="button" data-since="open" aria-pressed={!sinceOnset} title="Since the first price this monitor has heard"
        onClick={() => store.setView({sinceOnset: false})}>Since open</button>
      <button type="button" data-since="onset" aria-pressed={sinceOnset} disabled={onset === null && !sinceOnset}
        title={onset === null ? "No alert yet" : !isKept ? "The onset is older than what is kept" : `Since ${f.time(onset, "ny")} New York`}
        onClick={() => store.setView({sinceOnset: true})}>Since onset</button>
    </div>
  );
}

export function PriceChart() {
  const state = useShown("past", "moment", "alerts", "annotations", "selection", "view");
  const hover = useMemo(() => new Hover(), []);
  const columns = useMemo(() => new PriceColumns(), []);
  const past = store.shownPast;
  const time = shownTime();
  const onset = onsetOf(onsetAlert());
  const isKept = onset !== null && (past?.rowAt(onset) ?? -1) >= 0;
  const base = store.view.sinceOnset && isKept ? onset : null;
  const lines = !state || !past ? [] : linesOf(state).flatMap((line): Drawn[] => {
    const column = columns.column(past, line, base);
    return column ? [{...line, column}] : [];
  });
  const isEmpty = time.ts.length === 0 || lines.length === 0;

  const update = (): ChartUpdate => {
    const marks = alertMarks(store.alerts, time.stretch);
    const notes = noteMarks(state?.annotations ?? [], time.stretch);
    const ends = endsOf(lines, time);
    return {
      ...time, lines: lines.map(({column}) => column),
      under: (pen) => (drawAlertBands(pen, marks), drawZero(pen)),
      over: (pen) => (drawNotes(pen, notes, true), drawAlertMarks(pen, marks), drawEnds(pen, ends)),
    };
  };
  const key = JSON.stringify(lines.map(({name, kind}) => [name, kind]));
  const frame = useTimeChart(key, () => options(lines, hover), update);
  if (!state) return null;

  const since = base === null ? "since the first price" : `since the onset at ${f.time(base, "ny")} New York`;
  const shown = lines.filter(({kind}) => kind !== "member");
  const label = `Change ${since}: ` + shown.map(({name, column}) => `${name} ${f.percent(column[time.row] ?? null)}`).join(", ");
  return (
    <section class="panel" id="price-chart" aria-labelledby="price-chart-title" data-since={base === null ? "open" : "onset"}>
      <div class="chart-head">
        <h2 id="price-chart-title">{`Change ${since}`}</h2>
        <BaseChoice onset={onset} isKept={isKept} />
        <RangeChoice />
      </div>
      {store.view.sinceOnset && base === null && (
        <p class="doubt">{onset === null ? "No alert yet: shown since the first price." : "The onset is older than what is kept: shown since the first price."}</p>
      )}
      <Plot frame={frame} label={label} isEmpty={isEmpty} />
      {!isEmpty && <Legend lines={lines} time={time} hover={hover} state={state} />}
      {!isEmpty && (
        <AsTable caption={`Change ${since}`} time={time}
          columns={inOrder(lines).map(({name, column}) => ({name, text: (row) => said(column[row] ?? null)}))} />
      )}
    </section>
  );
}
