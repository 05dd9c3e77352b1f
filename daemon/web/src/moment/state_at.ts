// The state as it was at one row of the past. What the daemon keeps by the bar is told; everything
// else is unknown there, and says so: nothing of now may stand beside figures of then. Pure.
import type {AlertDocument, Episode, History, Regime, SessionState, State} from "../model/api";
import {ruleWord, time} from "../model/format";
import {correlationKey, pairKey, type Past} from "../model/past";

/** Since when the regime of the first row had lasted already, by target; null where that is not kept. */
export type Beginnings = ReadonlyMap<string, number | null>;

const iso = (t: number): string => new Date(t).toISOString();

/** Since when the regime of `row` lasts; null: longer than is kept. */
export function regimeSince(regimes: readonly (Regime | null)[], ts: readonly number[], row: number): number | null {
  let first = row;
  while (first > 0 && regimes[first - 1] === regimes[row]) --first;
  return first > 0 ? ts[first] ?? null : null;
}

/** Of each target, as `regimeSince`, at the row of `past` from which a stretch is cut. */
export function beginningsAt(past: Past, row: number): Beginnings {
  return new Map([...past.targets].map(([symbol, {regime}]) => [symbol, regimeSince(regime, past.ts, row)]));
}

/** The same of a stretch by itself, from what is known of the time before it. */
export function beginningsAfter(before: Pick<History, "ts" | "targets"> | null, past: Past): Beginnings {
  const ts = before?.ts.map((t) => Date.parse(t)) ?? [];
  const last = ts.length - 1;
  return new Map([...past.targets].map(([symbol, {regime}]) => {
    const known = before?.targets[symbol]?.regime;
    if (!known || last < 0) return [symbol, null];
    return [symbol, known[last] === regime[0] ? regimeSince(known, ts, last) : past.ts[0] ?? null];
  }));
}

/** A document is of its latest revision: what it measured later is left out. */
function episodeOf({data}: AlertDocument): Episode {
  return {
    id: data.id, revision: data.revision, rule: data.rule, severity: data.severity, started_at: data.started_at,
    detected_at: data.detected_at, score: null, title: data.title,
    summary: `An alert was open: ${ruleWord[data.rule] ?? data.rule}, detected ${time(data.detected_at)} UTC.`,
    source: data.source.group, leader: null, leader_confidence: null, targets: data.targets.map(({symbol}) => symbol),
    attribution: data.attribution.class, degraded: data.data_quality.degraded,
  };
}

const isOpenAt = ({data}: AlertDocument, t: number): boolean =>
  Date.parse(data.detected_at) <= t && (data.ended_at === null || t < Date.parse(data.ended_at));

/** The session of now told of then only as far as it reaches. */
function sessionAt(row: SessionState, t: number): SessionState {
  if (row.state === "always") return row;
  const known = row.since !== null && row.until !== null && Date.parse(row.since) <= t && t < Date.parse(row.until);
  return known ? row : {...row, state: null, since: null, until: null};
}

export function stateAt(live: State, past: Past, row: number, alerts: readonly AlertDocument[], beginnings: Beginnings): State {
  const t = past.ts[row] ?? 0;
  const now = iso(t);
  return {
    ...live,
    now,
    wall: null,
    instruments: live.instruments.map((it) => {
      const column = past.instruments.get(it.symbol);
      const price = column?.price[row] ?? null;
      return {
        ...it, price, return_since_open: column?.since[row] ?? null, change_24h: null, return_kind: null, stale: false, taint: [],
        feeds_fresh: 0, feeds_agreeing: 0, diverged: [], ts_price: null, ts: price === null ? null : now,
      };
    }),
    groups: live.groups.map((it) => ({...it, return_since_open: past.groups.get(it.name)?.[row] ?? null})),
    targets: live.targets.map((it) => {
      const column = past.targets.get(it.symbol);
      const since = column ? regimeSince(column.regime, past.ts, row) ?? firstSince(column.regime, row, beginnings.get(it.symbol)) : null;
      return {
        symbol: it.symbol, regime: column?.regime[row] ?? "warming", since: since === null ? null : iso(since),
        score: column?.score[row] ?? null, limiting: "none", warmup: null, suspended: false, direction: "none",
      };
    }),
    correlations: live.correlations.map((it) => {
      const column = past.correlations.get(correlationKey(it));
      return {
        source: it.source, target: it.target, window_s: it.window_s, value: column?.value[row] ?? null,
        baseline: column?.baseline[row] ?? null, standard_error: column?.standard_error[row] ?? null,
        samples: column?.samples[row] ?? 0, tainted: column?.tainted[row] ?? false,
      };
    }),
    leads: live.leads.map((it) => {
      const column = past.leads.get(pairKey(it));
      const verdict = column?.verdict[row] ?? null;
      return {
        source: it.source, target: it.target, verdict, seconds: column?.seconds[row] ?? null, low: column?.low[row] ?? null,
        high: column?.high[row] ?? null, correlation: null, correlation_standard_error: null, ratio: null, ticks_source: 0,
        ticks_target: 0, tainted: column?.tainted[row] ?? false, ts: verdict === null ? null : now,
      };
    }),
    selloff: live.selloff.map((it) => ({
      series: it.series, horizon_s: it.horizon_s, return_ratio: null, drawdown: null, sigma: null, one_way: null, coverage: null,
      tainted: false,
    })),
    tick_correlations: live.tick_correlations.map((it) => ({
      source: it.source, target: it.target, value: null, standard_error: null, samples: 0, tainted: false, ts: null,
    })),
    links: live.links.map((it) => ({
      source: it.source, target: it.target, partial: null, partial_standard_error: null, partial_p: null, partial_samples: 0,
      controls_kept: 0, rho_before: null, rho_now: null, rho_adjusted: null, change_z: null, change_p: null, samples_before: 0,
      samples_now: 0, asymmetry: null, asymmetry_samples: 0, spillover_received: null, spillover_given: null, tainted: false, ts: null,
    })),
    series: live.series.map((it) => ({
      series: it.series, selloff_z: null, jump: null, jump_p: null, drift_log: null, change_24h: null, intraday_factor: null,
      tainted: false, ts: null,
    })),
    impact: live.impact.map((it) => ({source: it.source, value_lost_usd: null, share: null, covered: null, as_of: null, ts: null})),
    feeds: [],
    ...(live.sessions ? {sessions: live.sessions.map((it) => sessionAt(it, t))} : {}),
    episodes: alerts.filter((document) => isOpenAt(document, t)).map(episodeOf),
    silences: [],
    silences_active: 0,
  };
}

/** What was so from the first row on began when the stretch before it says. */
function firstSince(regimes: readonly (Regime | null)[], row: number, beginning: number | null | undefined): number | null {
  return regimes[row] === regimes[0] ? beginning ?? null : null;
}
