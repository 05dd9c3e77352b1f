// The rolling correlation of the source group with a target against what is usual, and below it, on the
// same time, the score with its thresholds and the regime.
import {useMemo} from "preact/hooks";

import * as f from "../model/format";
import type {State} from "../model/api";
import {store, useShown} from "../model/store";
import {drawEnds, type End} from "./chart_ends";
import {ink} from "./chart_ink";
import {alertMarks, drawAlertBands, drawAlertMarks, drawNotes, noteMarks} from "./chart_marks";
import {AsTable, LegendTime, Plot, RangeChoice, timeWord} from "./chart_parts";
import {isDoubtful, type Column} from "./derived";
import {bandErrors, correlationRange, pairOf, RollingColumns, type RollingValues} from "./rolling_columns";
import {drawBand, drawRegimes, drawThresholds, regimeRuns, scoreRange, thresholdEnds} from "./rolling_draw";
import {isNarrow, type ChartOptions, type ChartUpdate} from "./time_chart";
import {ticks} from "./time_ticks";
import {Hover, shownTime, useHover, useTimeChart, type ShownTime} from "./use_chart";
import {enoughSamples, targetColour} from "./words";
import type {Past, PastCorrelation, PastTarget} from "../model/past";
import "./rolling_correlation.css";

const correlationOptions = (stroke: string, hover: Hover): ChartOptions => ({
  height: (width) => (isNarrow(width) ? 180 : 220),
  lines: [
    // The edges of the band count for the axis; the area between them is drawn below the lines.
    {width: 0},
    {width: 0},
    {width: 1.5, dash: [6, 4], stroke: () => ink("--quiet")},
    {width: 1.5, dash: [2, 3], alpha: 0.7, stroke: () => ink(stroke)},
    {width: 2, stroke: () => ink(stroke)},
  ],
  range: correlationRange,
  ticks: (low, high) => ticks(low, high, high - low > 1.3 ? 0.5 : 0.25),
  label: (value) => f.figure(value),
  timeAxis: false,
  onCursor: hover.set,
});

const scoreOptions = (stroke: string, hover: Hover): ChartOptions => ({
  height: (width) => (isNarrow(width) ? 190 : 200),
  lines: [{width: 2, stroke: () => ink(stroke)}],
  range: () => scoreRange,
  ticks: () => [0, 0.5, 1],
  label: (value) => f.figure(value, 1),
  timeAxis: true,
  onCursor: hover.set,
});

/** Lines of nothing, as long as time: where there is no past of a pair. */
const unknown = (n: number): RollingValues => {
  const empty: Column = new Array<null>(n).fill(null);
  return {sure: empty, doubtful: empty, low: empty, high: empty, baseline: empty};
};

function WindowChoice({state}: {state: State}) {
  return (
    <div class="choice" role="group" aria-label="Window of the correlation">
      {state.windows_s.map((seconds, i) => (
        <button type="button" key={i} data-window={i} aria-pressed={store.window === i} title={`Window ${i + 1} (key ${i + 1})`}
          onClick={() => store.setWindow(i)}>{f.span(seconds)}</button>
      ))}
    </div>
  );
}

function TargetChoice({state, target}: {state: State; target: string}) {
  if (state.targets.length < 2) return null;
  return (
    <div class="choice" role="group" aria-label="Target">
      {state.targets.map(({symbol}) => (
        <button type="button" key={symbol} data-target={symbol} aria-pressed={symbol === target}
          onClick={() => store.setView({target: symbol})}>{symbol}</button>
      ))}
    </div>
  );
}

/** Why a correlation is drawn as doubtful, or is not there. */
function doubtText(pair: PastCorrelation, row: number): string {
  const value = pair.value[row] ?? null, samples = pair.samples[row] ?? null;
  const reasons = [
    ...(samples !== null && samples < enoughSamples ? [`only ${Math.floor(samples)} samples`] : []),
    ...(pair.tainted[row] === true ? ["data with gaps"] : []),
  ];
  if (value === null) return reasons.length > 0 ? `not computed: ${reasons.join(", ")}` : "not computed";
  return reasons.join(", ");
}

function Legend({pair, history, time, hover, stroke}: {
  pair: PastCorrelation | null; history: PastTarget | undefined; time: ShownTime; hover: Hover; stroke: string;
}) {
  const hovered = useHover(hover);
  const row = hovered ?? time.row;
  const value = pair?.value[row] ?? null, baseline = pair?.baseline[row] ?? null, error = pair?.standard_error[row] ?? null;
  const score = history?.score[row] ?? null, regime = history?.regime[row] ?? null;
  const doubt = pair ? doubtText(pair, row) : "not computed for this pair";
  const regimeSaid = regime === null ? "not known" : (f.regimeWord[regime] ?? regime);
  return (
    <>
    <p class="spoken" role="status">
      {hover.byKeys && hovered !== null
        ? `${f.time(time.ts[row], "ny")} New York: correlation ${value === null ? "" : f.figure(value)} ${doubt}, usual ${baseline === null ? "not known yet" : f.figure(baseline)}, score ${score === null ? "not known" : f.figure(score)}, regime ${regimeSaid}` : ""}
    </p>
    <ul class="legend" id="rolling-legend" aria-label="Lines and their values">
      <LegendTime t={time.ts[row]} word={timeWord(hovered !== null, time)} />
      <li data-series="correlation" data-value={value ?? ""}>
        <span class={isDoubtful(pair?.samples[row], pair?.tainted[row], enoughSamples) ? "key key-dashed" : "key"}
          style={{borderTopColor: `var(${stroke})`}} aria-hidden="true" />
        <span>Correlation</span><b>{f.figure(value)}</b>{doubt && <span class="doubt">{doubt}</span>}
      </li>
      <li data-series="baseline" data-value={baseline ?? ""}>
        <span class="key key-dashed key-usual" aria-hidden="true" /><span>Usual</span>
        <b>{baseline === null ? <span class="quiet">not known yet</span> : f.figure(baseline)}</b>
      </li>
      <li data-series="standard_error" data-value={error ?? ""}>
        <span class="key key-band" aria-hidden="true" /><span>{`± ${bandErrors} standard errors`}</span>
        <b>{error === null ? f.none : f.figure(bandErrors * error)}</b>
      </li>
      <li data-series="score" data-value={score ?? ""}><span>Score</span><b>{f.figure(score)}</b></li>
      <li data-series="regime" data-value={regime ?? ""}>
        <span>Regime</span><b>{regime === null ? <span class="quiet">not known</span> : regimeSaid}</b>
      </li>
    </ul>
    </>
  );
}

function correlationEnds(pair: PastCorrelation | null, time: ShownTime, stroke: string, isShort: boolean): End[] {
  const value = pair?.value[time.row] ?? null, baseline = pair?.baseline[time.row] ?? null;
  const t = time.ts[time.row] ?? null;
  return [
    ...(value === null ? [] : [{
      name: isShort ? "Corr." : "Correlation", value: f.figure(value), at: value, ink: stroke, isSmall: false, rank: 0, t,
      isFaint: isDoubtful(pair?.samples[time.row], pair?.tainted[time.row], enoughSamples),
    }]),
    ...(baseline === null ? [] : [
      {name: "Usual", value: f.figure(baseline), at: baseline, ink: "--quiet", isSmall: true, rank: 1, t: null, isFaint: false}]),
  ];
}

function Charts({state, past, target, time}: {state: State; past: Past; target: string; time: ShownTime}) {
  const hover = useMemo(() => new Hover(), []);
  const columns = useMemo(() => new RollingColumns(), []);
  const stroke = targetColour(state.targets, target);
  const pair = pairOf(state, past, target, store.window);
  const history = past.targets.get(target);
  const values = pair ? columns.update(past, JSON.stringify([target, store.window]), pair) : unknown(time.ts.length);
  const score = history?.score ?? unknown(time.ts.length).sure;
  const marks = alertMarks(store.alerts, time.stretch, target);
  const notes = noteMarks(state.annotations, time.stretch);
  const window = f.span(state.windows_s[store.window]);
  const now = {value: pair?.value[time.row] ?? null, score: history?.score[time.row] ?? null};

  const above = useTimeChart(stroke, () => correlationOptions(stroke, hover), (): ChartUpdate => ({
    ...time, lines: [values.high, values.low, values.baseline, values.doubtful, values.sure],
    under: (pen) => (drawAlertBands(pen, marks), drawBand(pen, values.low, values.high, time)),
    over: (pen) => (drawNotes(pen, notes, false), drawAlertMarks(pen, marks), drawEnds(pen, correlationEnds(pair, time, stroke, pen.narrow))),
  }));
  const below = useTimeChart(stroke, () => scoreOptions(stroke, hover), (): ChartUpdate => {
    const found = regimeRuns(time, history?.regime ?? []);
    const ends: End[] = now.score === null ? [] : [{
      name: "Score", value: f.figure(now.score), at: now.score, ink: stroke, isSmall: false, rank: 0, t: time.ts[time.row] ?? null, isFaint: false,
    }];
    return {
      ...time, lines: [score],
      under: (pen) => (drawAlertBands(pen, marks), drawThresholds(pen, state.thresholds)),
      over: (pen) => (drawNotes(pen, notes, false), drawRegimes(pen, found), drawEnds(pen, [...thresholdEnds(state.thresholds), ...ends])),
    };
  });
  const isEmpty = time.ts.length === 0;
  return (
    <>
      <h3>{`Correlation of ${state.source_group ?? "the source"} with ${target}, window ${window}`}</h3>
      <Plot frame={above} isEmpty={isEmpty}
        label={`Correlation of ${state.source_group ?? "the source"} with ${target} over ${window}: ${now.value === null ? "not computed" : f.figure(now.value)}`} />
      <h3>{`Score of ${target} and its regime`}</h3>
      <Plot frame={below} isEmpty={isEmpty}
        label={`Score of ${target}: ${now.score === null ? "not known" : f.figure(now.score)}; an alert from ${f.figure(state.thresholds.enter)}, over below ${f.figure(state.thresholds.exit)}`} />
      {!isEmpty && <Legend pair={pair} history={history} time={time} hover={hover} stroke={stroke} />}
      <p class="quiet">
        {`Band: the usual correlation ± ${bandErrors} standard errors of the estimate; a line outside it is unusual beyond what the estimate's own noise explains. `}
        {`Dotted: fewer than ${enoughSamples} samples, or data with gaps. `}
        {`An alert opens when the score reaches ${f.figure(state.thresholds.enter)} and may end below ${f.figure(state.thresholds.exit)}.`}
      </p>
      {!isEmpty && (
        <AsTable caption={`Correlation of ${state.source_group ?? "the source"} with ${target}, and its score`} time={time} columns={[
          {name: "Correlation", text: (row) => f.figure(pair?.value[row])},
          {name: "Usual", text: (row) => f.figure(pair?.baseline[row])},
          {name: "Standard error", text: (row) => f.figure(pair?.standard_error[row])},
          {name: "Samples", text: (row) => f.figure(pair?.samples[row], 0)},
          {name: "Doubt", text: (row) => (pair ? doubtText(pair, row) : "not computed")},
          {name: "Score", text: (row) => f.figure(history?.score[row])},
          {name: "Regime", text: (row) => f.regimeWord[history?.regime[row] ?? ""] ?? f.none},
        ]} />
      )}
    </>
  );
}

export function RollingCorrelation() {
  const state = useShown("past", "moment", "alerts", "annotations", "selection", "view", "thresholds");
  if (!state) return null;
  const target = state.targets.find((it) => it.symbol === store.view.target)?.symbol ?? state.targets[0]?.symbol;
  const past = store.shownPast;
  return (
    <section class="panel" id="rolling" aria-labelledby="rolling-title" data-target={target} data-window={store.window}>
      <div class="chart-head">
        <h2 id="rolling-title">Rolling correlation and score</h2>
        {target !== undefined && <TargetChoice state={state} target={target} />}
        <WindowChoice state={state} />
        <RangeChoice />
      </div>
      {target === undefined ? <p class="quiet">No target is configured.</p>
        : past === null ? <p class="quiet">Waiting for the first bar.</p>
          : <Charts state={state} past={past} target={target} time={shownTime()} />}
    </section>
  );
}
