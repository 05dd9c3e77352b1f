// A banner for each target: is it spilling over now, since when, how strongly, and can it be trusted.
import * as f from "../model/format";
import type {Instrument, State, Target, Thresholds} from "../model/api";
import {store, useShown} from "../model/store";
import {doubts, signOf} from "./words";
import "./targets.css";

/** Set through the DOM: the page's security policy forbids style attributes in markup only. */
const width = (share: number) => ({width: `${Math.min(1, Math.max(0, share)) * 100}%`});

function ScoreBar({row, thresholds}: {row: Target; thresholds: Thresholds}) {
  const open = row.regime === "contagion";
  const level = open ? thresholds.exit : thresholds.enter;
  return (
    <div class="score">
      <div class="score-head">
        <span>Score <b>{f.figure(row.score)}</b></span>
        <span class="tick-label">{open ? `may end below ${f.figure(level)}` : `alert from ${f.figure(level)}`}</span>
      </div>
      <div class="bar" role="meter" aria-label={`Score of ${row.symbol}`} aria-valuemin={0} aria-valuemax={1}
        aria-valuenow={row.score ?? 0} aria-valuetext={row.score === null ? "not known" : f.figure(row.score)}>
        <div class="fill" style={width(row.score ?? 0)} />
        <div class="tick" style={{left: `${level * 100}%`}} />
      </div>
    </div>
  );
}

function WarmupBar({row, warmup}: {row: Target; warmup: number}) {
  if (row.warmup === null) return <p class="quiet">Learning what is normal; how far is not kept.</p>;
  const share = Math.min(1, Math.max(0, row.warmup));
  return (
    <div class="score">
      <div class="score-head">
        <span>Learning what is normal <b>{`${Math.round(share * 100)}\u00a0%`}</b></span>
        <span class="tick-label">{`${f.span((1 - share) * warmup)} of bars to go`}</span>
      </div>
      <div class="bar" role="progressbar" aria-label={`Warm-up of ${row.symbol}`} aria-valuemin={0} aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}>
        <div class="fill" style={width(share)} />
      </div>
    </div>
  );
}

/** Why a target cannot be judged. What has never been heard is named, since it will not come by waiting. */
function silence(instrument: Instrument | undefined, symbol: string, state: State): string {
  const members = state.instruments.filter((i) => i.role === "source");
  const unheard = members.filter((i) => i.price === null).map((i) => i.symbol);
  if (!instrument || instrument.price === null)
    return `No price of ${symbol} has arrived since the start: nothing can be judged. Is it in a feed?`;
  if (members.length > 0 && unheard.length === members.length)
    return `No price of ${state.source_group} has arrived since the start (${unheard.join(", ")}): nothing can be judged. Are they in a feed?`;
  return "Data too old to judge: the state is held, not measured.";
}

function reason(row: Target, instrument: Instrument | undefined, state: State): string {
  const source = state.source_group ?? "the source";
  const episode = state.episodes.find((e) => e.targets.includes(row.symbol));
  if (row.suspended) return silence(instrument, row.symbol, state);
  if (episode) return episode.summary;
  if (row.regime === "warming") return "Prices are arriving; nothing is judged before enough of them are known.";
  if (row.direction === "decoupled") return `${source} is falling, ${row.symbol} does not follow.`;
  if (row.score !== null && row.score >= state.thresholds.enter && row.regime !== "over")
    return `Over the threshold: an alert opens if this holds for ${f.span(state.thresholds.confirm_s)}.`;
  const limit = f.limitText(row.limiting, row.symbol, source);
  return limit ? `Held back: ${limit}.` : "";
}

function Banner({row, state}: {row: Target; state: State}) {
  const instrument = state.instruments.find((i) => i.symbol === row.symbol);
  const since = row.since && row.regime !== "warming"
    ? `since ${f.time(row.since, "ny")} New York · ${f.time(row.since, "utc")} UTC`
    : store.moment && row.regime !== "warming" ? "since before what is kept" : "since the start";
  return (
    <article class="target" data-symbol={row.symbol} data-regime={row.regime} data-suspended={row.suspended || undefined}>
      <div class="target-head">
        <h2>{row.symbol}</h2>
        <span class="price">
          {f.price(instrument?.price)}
          <small class={signOf(instrument?.return_since_open)}>{f.percent(instrument?.return_since_open)}</small>
        </span>
      </div>
      {instrument && doubts(instrument).map((text) => <p class="doubt" key={text}>{text}</p>)}
      <p class="regime">{f.regimeWord[row.regime] ?? row.regime}<small>{since}</small></p>
      {row.regime === "warming" ? <WarmupBar row={row} warmup={state.warmup_s} /> : <ScoreBar row={row} thresholds={state.thresholds} />}
      <p class="why">{reason(row, instrument, state) || "\u00a0"}</p>
    </article>
  );
}

export function Targets() {
  const state = useShown("targets", "instruments", "episodes", "moment");
  if (!state) return null;
  return (
    <section class="targets" aria-label="State of the targets">
      {state.targets.map((row) => <Banner key={row.symbol} row={row} state={state} />)}
    </section>
  );
}
