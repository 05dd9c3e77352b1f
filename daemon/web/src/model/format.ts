// Numbers, times and words as people read them. Pure: no state, no page.

export const none = "–";

export type Maybe = number | null | undefined;
/** RFC 3339 text or milliseconds since the epoch. */
export type Moment = string | number | null | undefined;

const signed = (text: string, value: number): string => (value > 0 ? "+" + text : value < 0 ? "−" + text : text);

/** 0.0312 → "+3.12 %", with a space that does not break. */
export function percent(ratio: Maybe, decimals = 2): string {
  if (ratio === null || ratio === undefined) return none;
  const text = Math.abs(ratio * 100).toFixed(decimals);
  // What rounds to nothing has no sign.
  return signed(text, Number(text) === 0 ? 0 : ratio) + "\u00a0%";
}

/**
 * "104820.10000000" → "104,820.10": the venue's digits, without its padding, never fewer than two
 * decimals. Text stays text: a price is not rounded on its way.
 */
export function price(text: string | null | undefined): string {
  if (text === null || text === undefined) return none;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, minus, whole = "", decimals = ""] = match;
  return `${minus ? "−" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${decimals.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** 0.8123 → "0.81", with a minus sign as wide as a plus. */
export function figure(value: Maybe, decimals = 2): string {
  if (value === null || value === undefined) return none;
  const text = value.toFixed(decimals);
  // What rounds to nothing has no sign.
  return text.replace("-", Number(text) === 0 ? "" : "−");
}

export function signedFigure(value: Maybe, decimals = 2): string {
  if (value === null || value === undefined) return none;
  const text = Math.abs(value).toFixed(decimals);
  return signed(text, Number(text) === 0 ? 0 : value);
}

/** 41.2 → "41", 0.354 → "0.35": two digits that count. */
export function lag(seconds: number): string {
  const size = Math.abs(seconds);
  return figure(seconds, size >= 10 ? 0 : size >= 1 ? 1 : 2);
}

/** A part of a whole: 0.332 → "33 %". */
export function share(ratio: Maybe): string {
  return ratio === null || ratio === undefined ? none : `${(ratio * 100).toFixed(Math.abs(ratio) < 0.1 ? 1 : 0)}\u00a0%`;
}

/** 0.0082 → "p 0.008"; what is smaller than a table says it is. */
export function chance(p: Maybe): string {
  if (p === null || p === undefined) return `p ${none}`;
  return p < 0.001 ? "p < 0.001" : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** The number whose log in nats is given: 7.2 → "1,339". */
export function factor(log: number): string {
  if (log > Math.log(999999.5)) return "over 1,000,000";
  const value = Math.exp(log);
  return value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value).toLocaleString("en-GB");
}

/** 593e9 → "$593 bn" */
export function dollars(value: number): string {
  const sizes: [number, string][] = [[1e12, "tn"], [1e9, "bn"], [1e6, "m"]];
  const [size, word] = sizes.find(([least]) => value >= least * 0.9995) ?? [1, ""];
  const scaled = value / size;
  return `$${scaled.toFixed(scaled < 10 && word ? 1 : 0)}${word ? "\u00a0" + word : ""}`;
}

/** 300 → "5 min" */
export function span(seconds: Maybe): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s}\u00a0s`;
  if (s < 7200) return `${Math.round(s / 60)}\u00a0min`;
  const hours = s / 3600;
  return hours < 48 ? `${Number.isInteger(hours) ? hours : hours.toFixed(1)}\u00a0h` : `${Math.round(hours / 24)}\u00a0d`;
}

const clock = (zone: string, seconds: boolean) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hour: "2-digit", minute: "2-digit", ...(seconds ? {second: "2-digit" as const} : {}), hourCycle: "h23",
  });
const formats = {
  utc: clock("UTC", true), ny: clock("America/New_York", true),
  utcMinute: clock("UTC", false), nyMinute: clock("America/New_York", false),
};
const day = new Intl.DateTimeFormat("en-GB", {timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric"});

export function time(value: Moment, kind: keyof typeof formats = "utc"): string {
  if (value === null || value === undefined) return none;
  return formats[kind].format(new Date(value));
}
export function date(value: Moment): string {
  return value === null || value === undefined ? "" : day.format(new Date(value));
}
export const milliseconds = (text: string | null | undefined): number | null => (text ? Date.parse(text) : null);

export const regimeWord: Record<string, string> = {
  warming: "Warming up", calm: "Calm", elevated: "Elevated", contagion: "Contagion", over: "Over, cooling down",
};

/** What an alert on `symbol` would still need. */
export function limitText(condition: string, symbol: string, source: string): string {
  const what: Record<string, string> = {
    source_fall: `${source} stands too little below its high`,
    target_fall: `${symbol} stands too little below its high`,
    joint_fall: `the falls of ${source} and ${symbol} together are still small`,
    recent_fall: `${symbol} has hardly fallen within the last hours`,
    target_follows: `${symbol} has lost little of what ${source} has lost`,
    target_first: `${symbol} had fallen before ${source} began`,
    slide_age: `${source} has been sliding for hours`,
    regained: `${source} has made good too much of its fall`,
    target_outruns: `${symbol} has fallen far more than ${source} for what each usually does`,
    burst: `${source} and ${symbol} swing as one, up and down`,
  };
  return what[condition] || "";
}

export const ruleWord: Record<string, string> = {
  tech_to_crypto: "Tech → crypto", crypto_to_tech: "Crypto → tech", common_macro: "Common macro shock",
};
