// What the daemon says, as its API says it. Times are RFC 3339 UTC, ratios 0-1, unknown is null.

export type Time = string;

export type Regime = "warming" | "calm" | "elevated" | "contagion" | "over";
export type Role = "source" | "target" | "control" | "placebo" | "other";

export interface Thresholds {
  enter: number;
  exit: number;
  elevated: number;
  elevated_exit: number;
  critical: number;
  confirm_s: number;
}

export interface Instrument {
  symbol: string;
  proxy_of: string | null;
  role: Role;
  venue: string | null;
  price: string | null; // the venue's digits
  return_since_open: number | null;
  change_24h: number | null;
  return_kind: string | null;
  stale: boolean;
  taint: string[];
  feeds_fresh: number;
  feeds_agreeing: number;
  diverged: {feed: string; ratio: number | null}[];
  ts_price: Time | null;
  ts: Time | null;
}

export interface Group {
  name: string;
  members: string[];
  return_since_open: number | null;
}

export interface Target {
  symbol: string;
  regime: Regime;
  since: Time | null;
  score: number | null;
  limiting: string;
  warmup: number | null; // 0-1
  suspended: boolean;
  direction: string;
}

export interface Correlation {
  source: string;
  target: string;
  window_s: number;
  value: number | null;
  baseline: number | null;
  standard_error: number | null;
  samples: number;
  tainted: boolean;
}

export interface Selloff {
  series: string;
  horizon_s: number;
  return_ratio: number | null;
  drawdown: number | null;
  sigma: number | null;
  one_way: number | null;
  coverage: number | null;
  tainted: boolean;
}

export interface TickCorrelation {
  source: string;
  target: string;
  value: number | null;
  standard_error: number | null;
  samples: number;
  tainted: boolean;
  ts: Time | null;
}

export interface Lead {
  source: string;
  target: string;
  verdict: string | null;
  seconds: number | null; // positive: the source moves first
  low: number | null; // of the 95 % interval
  high: number | null;
  correlation: number | null;
  correlation_standard_error: number | null;
  ratio: number | null;
  ticks_source: number;
  ticks_target: number;
  tainted: boolean;
  ts: Time | null;
}

export interface Link {
  source: string;
  target: string;
  partial: number | null;
  partial_standard_error: number | null;
  partial_p: number | null;
  partial_samples: number;
  controls_kept: number;
  rho_before: number | null;
  rho_now: number | null;
  rho_adjusted: number | null;
  change_z: number | null;
  change_p: number | null;
  samples_before: number;
  samples_now: number;
  asymmetry: number | null;
  asymmetry_samples: number;
  spillover_received: number | null;
  spillover_given: number | null;
  tainted: boolean;
  ts: Time | null;
}

export interface SeriesHabit {
  series: string;
  selloff_z: number | null;
  jump: number | null;
  jump_p: number | null;
  drift_log: number | null; // natural log of the e-value
  change_24h: number | null;
  intraday_factor: number | null;
  tainted: boolean;
  ts: Time | null;
}

export interface Impact {
  source: string;
  value_lost_usd: number | null;
  share: number | null; // of the crypto assets' value
  covered: number | null; // of the group, by weight
  as_of: string | null;
  ts: Time | null;
}

export interface FeedState {
  name: string;
  venue: string;
  state: "up" | "down";
  since: Time | null;
}

export interface Episode {
  id: string;
  revision: number;
  rule: string;
  severity: string;
  started_at: Time | null;
  detected_at: Time | null;
  score: number | null;
  title: string;
  summary: string;
  source: string;
  leader: string | null;
  leader_confidence: number | null;
  targets: string[];
  attribution: string;
  degraded: boolean;
}

export interface SessionState {
  calendar: string;
  state: string | null; // regular, pre, post, closed, always; null: no clock to tell it by
  since: Time | null;
  until: Time | null;
  holidays_known?: boolean; // false: weekly hours alone are told
  symbols: string[];
}

export interface Silence {
  id: string;
  state: "pending" | "active" | "expired";
  rule?: string;
  target?: string;
  everything?: boolean;
  starts_at: Time;
  ends_at: Time;
  comment: string;
  by: string;
}

export interface Acknowledgement {
  id: string;
  by: string;
  at: Time;
  comment: string;
}

export interface SilencedAlert {
  id: string;
  silence: string;
}

export interface Annotation {
  id?: string;
  time: Time;
  text: string;
  symbols: string[];
  tags: string[];
  by: string;
}

export interface State {
  schema: string;
  mode: "live" | "replay" | "demo";
  notice: string;
  version: string;
  instance: string;
  now: Time | null; // the engine's clock
  wall?: Time | null; // the daemon's own clock when it spoke
  since: Time | null;
  bar_s: number;
  windows_s: number[];
  horizons_s: number[];
  warmup_s: number;
  source_group: string | null;
  thresholds: Thresholds;
  instruments: Instrument[];
  groups: Group[];
  targets: Target[];
  correlations: Correlation[];
  selloff: Selloff[];
  tick_correlations: TickCorrelation[];
  leads: Lead[];
  links: Link[];
  series: SeriesHabit[];
  impact: Impact[];
  feeds: FeedState[];
  sessions?: SessionState[];
  episodes: Episode[];
  silences: Silence[];
  silences_active: number;
  silenced: SilencedAlert[];
  acknowledged: Acknowledgement[];
  annotations: Annotation[];
}

/** What the server calls a delta: of a list either changed rows by their place or the whole list. */
export type Delta = Record<string, unknown>;

// ---- alerts ----

export interface AlertMember {
  symbol: string;
  proxy_of: string | null;
  venue: string | null;
  return_ratio: number | null;
  z: number | null;
  share: number | null; // of the group's fall
}

export interface AlertLeadLag {
  seconds: number | null;
  interval95: [number, number] | null;
  verdict: string | null;
  source: string | null;
}

export interface AlertCorrelation {
  window_s: number;
  value: number | null;
  baseline: number | null;
  standard_error: number | null;
  effective_samples: number;
  adjusted: number | null;
  p_value: number | null;
}

export interface AlertTarget {
  symbol: string;
  venue: string | null;
  price: string | null;
  return_ratio: number | null;
  fall_ratio: number | null;
  correlation?: AlertCorrelation;
  lead_lag?: AlertLeadLag;
}

export interface AlertData {
  schema: string;
  id: string;
  revision: number;
  status: "firing" | "resolved";
  mode: string;
  severity: string;
  rule: string;
  fingerprint: string;
  title: string;
  summary: string;
  started_at: Time | null;
  detected_at: Time;
  ended_at: Time | null;
  source: {
    group: string;
    return_ratio: number | null;
    fall_ratio: number | null;
    leader: string | null;
    leader_confidence: number | null;
    members: AlertMember[];
  };
  target: AlertTarget;
  targets: AlertTarget[];
  correlation: AlertCorrelation;
  partial_correlation: {value: number | null; p_value: number | null; controls_kept: number; samples: number} | null;
  lead_lag: AlertLeadLag;
  score: number | null;
  score_peak: number | null;
  horizon_s: number | null;
  thresholds: {enter: number; exit: number};
  attribution: {class: string; controls: {symbol: string; z: number | null}[]; placebos?: {symbol: string; z: number | null}[]};
  contagion: string | null;
  impact: {source_value_lost_usd: number | null; share_of_target_value: number | null; as_of: string | null} | null;
  session: {calendar: string; state: string};
  data_quality: {degraded: boolean; stale: string[]; diverged?: string[]; gaps: number; coverage_ratio: number | null};
}

export interface AlertDocument {
  type: string;
  timestamp: Time;
  data: AlertData;
}

// ---- history ----

export interface History {
  bar_s: number;
  step_s: number;
  ts: Time[];
  instruments: Record<string, {price: (string | null)[]; return_since_open: (number | null)[]}>;
  groups: Record<string, {return_since_open: (number | null)[]}>;
  targets: Record<string, {score: (number | null)[]; regime: (Regime | null)[]}>;
  correlations: {
    source: string;
    target: string;
    window_s: number;
    value: (number | null)[];
    baseline?: (number | null)[];
    standard_error?: (number | null)[];
    samples?: (number | null)[];
    tainted?: (boolean | null)[];
  }[];
  leads?: {
    source: string;
    target: string;
    seconds: (number | null)[];
    low: (number | null)[];
    high: (number | null)[];
    verdict?: (string | null)[];
    tainted?: (boolean | null)[];
  }[];
}

// ---- status ----

export interface FeedStatus {
  name: string;
  venue: string;
  state: "up" | "down";
  last_message: Time | null;
  messages: number;
  ticks: number;
  parse_errors: number;
  sequence_gaps: number;
  duplicates: number;
  reconnects: number;
  refused: number;
  silence_after_s?: number | null; // null: quiet hours are normal
  age_s?: number | null; // real seconds, also where the daemon's clock runs faster
  market_open?: boolean; // whether anything of it can print now
  latency_p50_s?: number | null;
  latency_p99_s?: number | null;
  clock_skew_ticks?: number;
  received_bytes?: number;
}

/** A lane of the fan-out (`dropped` only), or a webhook. */
export interface SinkStatus {
  name: string;
  dropped?: number;
  durable?: boolean; // of the outbox: whether what waits is on disk
  warning?: string | null;
  format?: string;
  state?: string;
  reason?: string | null;
  accepted?: number;
  attempts?: number;
  silenced?: number;
  pending?: number;
  oldest?: Time | null;
  dead?: number;
  last_error?: string | null;
  throttled_until?: Time | null;
  [more: string]: unknown;
}

export interface EngineStatus {
  tick_to_decision: {count: number; p50_s: number | null; p99_s: number | null};
  rings: {name: string; slots: number; used: number; dropped: number}[];
  last_loop: Time | null;
  loop_age_s: number | null;
  clock: {now?: Time | null; wall: Time; steps: number; skewed_ticks: number};
  config: {
    loaded_at: Time | null;
    last_reload_ok: boolean | null;
    last_reload_at: Time | null;
    sha256: string | null;
    warnings: string[];
  };
  started_at: Time | null;
  process: {cpu_s: number | null; resident_bytes: number | null; open_fds: number | null; max_fds: number | null};
}

export interface BuildInfo {
  version: string;
  revision: string;
  compiler: string;
}

export interface ShadowStatus {
  name: string;
  differences: string[];
  since: Time | null;
  warm: boolean;
  error: string | null;
  inputs_lost: number;
  alerts: number;
  alerts_open: number;
  last_opened_at: Time | null;
  alerts_live: number;
}

// ---- why an alert fired ----

export interface ExplainedCondition {
  condition: string;
  label: string;
  meaning: string;
  value_text: string;
  asked_text: string;
  margin_text: string;
  held_since: Time | null;
  last_to_hold: boolean;
  prevention: string;
}

export interface AlertExplanation {
  id: string;
  title: string;
  target: string;
  detected_at: Time;
  score: number | null;
  enter_score: number | null;
  known: boolean; // false: the alert is known, what it was decided on is not
  conditions: ExplainedCondition[];
  why_then: string;
  also: {name: string; text: string; since: Time | null}[];
  prevention: {condition: string; text: string}[];
  threshold_factor: {now: number; prevented_above: number | null};
  note: string;
}
