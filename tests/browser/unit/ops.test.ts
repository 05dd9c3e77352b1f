// The ops view without a page: its verdict, its words, its figures, and what is known of an answer.
import {afterEach, describe, expect, test, vi} from "vitest";

import {afterAnswer, ask, nothingPolled, type Polled} from "../../../daemon/web/src/link/poll";
import {refusal} from "../../../daemon/web/src/link/tell";
import type {EngineStatus, FeedStatus, SinkStatus, State} from "../../../daemon/web/src/model/api";
import {reasonOf, undelivered, wait, webhooks} from "../../../daemon/web/src/ops/delivery_words";
import {ageOf, feedsOf, healthWord, rateOf, type FeedHealth} from "../../../daemon/web/src/ops/feed_words";
import {judge, type Known} from "../../../daemon/web/src/ops/judge";
import * as u from "../../../daemon/web/src/ops/units";

const now = Date.parse("2025-01-27T14:42:00Z");
const iso = (s: number): string => new Date(now + s * 1000).toISOString();
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

const feed = (name: string, more: Partial<FeedStatus> = {}): FeedStatus => ({
  name, venue: name, state: "up", last_message: iso(0), messages: 1000, ticks: 900, parse_errors: 0, sequence_gaps: 0, duplicates: 0,
  reconnects: 0, refused: 0, silence_after_s: 30, age_s: 0.4, market_open: true, ...more,
});
const hook = (name: string, more: Partial<SinkStatus> = {}): SinkStatus => ({
  name, state: "working", format: "slack", accepted: 3, attempts: 3, silenced: 0, pending: 0, oldest: null, dead: 0, last_error: null,
  throttled_until: null, reason: null, ...more,
});
const lane = (name: string, more: Partial<SinkStatus> = {}): SinkStatus => ({name, dropped: 0, ...more});
const engine = (more: Partial<EngineStatus> = {}): EngineStatus => ({
  tick_to_decision: {count: 10, p50_s: 0.0001, p99_s: 0.0002}, rings: [{name: "main", slots: 100, used: 3, dropped: 0}], last_loop: iso(0), loop_age_s: 0.1,
  clock: {wall: iso(0), steps: 0, skewed_ticks: 0}, started_at: iso(-900),
  config: {loaded_at: iso(-900), last_reload_ok: null, last_reload_at: null, sha256: null, warnings: []},
  process: {cpu_s: 1, resident_bytes: 1, open_fds: 20, max_fds: 1024}, ...more,
});
const polled = <T,>(data: T, more: Partial<Polled<T>> = {}): Polled<T> => ({data, at: now, before: null, absent: false, failed: null, asked: true, ...more});
const well = (more: Partial<Known> = {}): Known => ({
  live: {mode: "live", now: iso(0)} as unknown as State, feeds: polled([feed("coinbase"), feed("alpaca")]), sinks: polled([lane("log"), hook("desk")]),
  engine: polled(engine()), fresh: {kind: "live"}, now, wall: now, ...more,
});
const withFeeds = (...rows: FeedStatus[]) => judge(well({feeds: polled(rows)}));
const withSinks = (...rows: SinkStatus[]) => judge(well({sinks: polled(rows)}));
const withEngine = (more: Partial<EngineStatus>) => judge(well({engine: polled(engine(more))}));
const all = (it: ReturnType<typeof judge>): string => plain([it.sentence, ...it.more.map(({text}) => text)].join("\n"));

describe("the verdict of the ops view", () => {
  test("says so when all is well", () => {
    const it = judge(well());
    expect(it).toMatchObject({tone: "good", more: []});
    expect(it.sentence).toMatch(/All 2 feeds speak.*delivered.*nothing was lost/);
    expect(withFeeds(feed("coinbase"))).toMatchObject({tone: "good", sentence: expect.stringMatching(/coinbase speaks/)});
    expect(withSinks(hook("desk", {accepted: 0})).sentence).toMatch(/no alert had to be sent/);
    expect(withSinks(hook("desk", {pending: 1, oldest: iso(-2)})).sentence).toMatch(/1 alert is on the way/);
  });

  const troubles: [string, "bad" | "warn", RegExp, () => ReturnType<typeof judge>][] = [
    ["a stream that is silent", "bad", /heard nothing.*30 s/, () => judge(well({fresh: {kind: "stalled", silentS: 30}}))],
    ["a stream that is gone", "bad", /heard nothing.*30 s/, () => judge(well({fresh: {kind: "disconnected", silentS: 30}}))],
    ["an engine that has not run", "bad", /not run/, () => withEngine({loop_age_s: null})],
    ["an engine that stands still", "bad", /stands still for 10 s/, () => withEngine({loop_age_s: 10})],
    ["a ring that is nearly full", "bad", /ring main.*80 %/, () => withEngine({rings: [{name: "main", slots: 100, used: 80, dropped: 0}]})],
    ["descriptors that run out", "warn", /820 of 1,024/, () => withEngine({process: {cpu_s: 1, resident_bytes: 1, open_fds: 820, max_fds: 1024}})],
    ["a feed that is down", "bad", /alpaca is down/, () => withFeeds(feed("coinbase"), feed("alpaca", {state: "down"}))],
    ["feeds that are all down", "bad", /all 2 feeds are down/i, () => withFeeds(feed("coinbase", {state: "down"}), feed("alpaca", {state: "down"}))],
    ["a feed that is silent", "bad", /alpaca is silent for 31 s.*30 s/, () => withFeeds(feed("coinbase"), feed("alpaca", {age_s: 31}))],
    ["a feed that never spoke", "bad", /alpaca.*not said anything/, () => withFeeds(feed("coinbase"), feed("alpaca", {age_s: null}))],
    ["a feed that refuses symbols", "warn", /alpaca refuses 2 symbols/, () => withFeeds(feed("coinbase"), feed("alpaca", {refused: 2}))],
    ["a webhook that is broken", "bad", /desk is broken \(404\).*2 wait/, () => withSinks(hook("desk", {state: "broken", reason: "404", pending: 2}))],
    ["an outbox with a warning", "bad", /The disk is full/, () => withSinks(lane("outbox", {warning: "the disk is full"}), hook("desk"))],
    ["a webhook that is late", "bad", /1 alert waits for desk.*40 s/, () => withSinks(hook("desk", {pending: 1, oldest: iso(-40)}))],
    ["a webhook that never took anything", "warn", /desk.*not accepted.*1 waits/, () => withSinks(hook("desk", {accepted: 0, attempts: 2, pending: 1, oldest: iso(-5)}))],
    ["a webhook that is throttled", "warn", /desk is throttled for 20 s/, () => withSinks(hook("desk", {throttled_until: iso(20), pending: 1, oldest: iso(-5)}))],
    ["alerts that were given up", "warn", /2 alerts to desk were given up/, () => withSinks(hook("desk", {dead: 2}))],
    ["nobody to be notified", "bad", /nobody is notified/i, () => withSinks(lane("log"))],
    ["ticks lost before the engine", "warn", /7 ticks lost/, () => withEngine({rings: [{name: "main", slots: 100, used: 3, dropped: 7}]})],
    ["events dropped in a lane", "warn", /dropped.*5 for log/, () => withSinks(lane("log", {dropped: 5}), hook("desk"))],
    ["gaps of a feed", "warn", /gaps.*3 at alpaca/i, () => withFeeds(feed("coinbase"), feed("alpaca", {sequence_gaps: 3}))],
    ["messages that could not be read", "warn", /not be read.*3 of alpaca/, () => withFeeds(feed("coinbase"), feed("alpaca", {parse_errors: 3}))],
    ["a reload that failed", "warn", /reload failed/, () => withEngine({config: {...engine().config, last_reload_ok: false}})],
    ["no feed at all", "bad", /no feed is configured/i, () => withFeeds()],
  ];
  test.each(troubles)("names %s", (_name, tone, words, made) => {
    const it = made();
    expect(it.tone).toBe(tone);
    expect(plain(it.sentence)).toMatch(words);
    expect(all(it)).not.toMatch(/speaks?\b|nothing was lost/);
  });
  test("notes what is no trouble beside the good news", () => {
    const notes = withEngine({clock: {wall: iso(0), steps: 2, skewed_ticks: 1}, config: {...engine().config, warnings: ["a", "b"]}});
    expect(notes.tone).toBe("good");
    expect(notes.more.map(({tone}) => tone)).toEqual(["note", "note", "note"]);
    expect(all(notes)).toMatch(/2 warnings[^]*2 times[^]*1 stamp/);
    const demo = judge(well({live: {mode: "demo"} as unknown as State, sinks: polled([lane("log")])}));
    expect(demo).toMatchObject({tone: "good", more: [{tone: "note", text: expect.stringMatching(/nobody/i)}]});
    expect(judge(well({live: {mode: "replay"} as unknown as State, feeds: polled([])})).tone).not.toBe("bad");
  });
  test("does not take a closed market or a feed without a bound for one that speaks", () => {
    const it = withFeeds(feed("coinbase"), feed("alpaca", {market_open: false, age_s: 9000}), feed("fx", {silence_after_s: null, age_s: 500}));
    expect(it.tone).toBe("good");
    expect(plain(it.sentence)).toMatch(/1 of 3 feeds speaks.*alpaca is closed.*fx is quiet for 8 min/);
    expect(withFeeds(feed("alpaca", {market_open: false})).sentence).toMatch(/no feed speaks/i);
  });
  test("is sorted: the worst first, whatever comes together", () => {
    const it = judge(well({
      feeds: polled([feed("coinbase", {refused: 1}), feed("alpaca", {state: "down"})]),
      sinks: polled([lane("log", {dropped: 2}), hook("desk", {state: "broken"})]), engine: polled(engine({clock: {wall: iso(0), steps: 1, skewed_ticks: 0}})),
      fresh: {kind: "stalled", silentS: 9},
    }));
    const tones = [it.tone, ...it.more.map(({tone}) => tone)], weight = ["bad", "warn", "note"];
    expect(tones).toEqual([...tones].sort((a, b) => weight.indexOf(a) - weight.indexOf(b)));
    expect(new Set(tones)).toEqual(new Set(["bad", "warn", "note"]));
    expect(it.sentence).toMatch(/heard nothing/); // for then nothing else may be so any more
    expect(all(it)).toMatch(/reason unknown/);
  });
  test("is never well after a question that failed, and says how old the figures are", () => {
    for (const part of ["feeds", "sinks", "engine"] as const) {
      const known = well();
      const asked = {...known, [part]: {...known[part], failed: "does not answer", at: now - 40_000}} as Known;
      const it = judge(asked);
      expect(it.tone).toBe("bad");
      expect(plain(it.sentence)).toMatch(/does not answer.*40 s old/);
      const never = judge({...known, [part]: {...nothingPolled, failed: "cannot be reached", asked: true}} as Known);
      expect(never.tone).toBe("bad");
      expect(never.sentence).toMatch(/cannot be reached.*nothing is known/);
    }
  });
  test("is not there before all were asked, nor of answers that are none", () => {
    for (const part of ["feeds", "sinks", "engine"] as const) expect(judge(well({[part]: nothingPolled})).tone).toBe("note");
    for (const part of ["feeds", "sinks"] as const) {
      const it = judge(well({[part]: polled({error: "x"})} as unknown as Partial<Known>));
      expect(it.tone).toBe("note");
      expect(all(it)).not.toMatch(/nobody|no feed/i);
    }
  });
  test("of a daemon that does not tell of its engine claims less", () => {
    const it = judge(well({engine: {...nothingPolled, absent: true, asked: true}}));
    expect(it.tone).toBe("note");
    expect(it.sentence).toMatch(/does not tell of its engine/);
    expect(it.sentence).not.toMatch(/nothing was lost/);
  });
  test("does not claim that nothing was lost after alerts were given up", () =>
    expect(all(withSinks(hook("desk", {dead: 1})))).toMatch(/1 alert to desk was given up/));
});

describe("a feed", () => {
  const healthOf = (more: Partial<FeedStatus>) => feedsOf(polled([feed("x", more)]), null)[0]?.health;
  test("is down, closed, silent, quiet or up", () => {
    expect([healthOf({state: "down", market_open: false}), healthOf({market_open: false, age_s: null}), healthOf({age_s: 30.1}), healthOf({age_s: 30}),
      healthOf({silence_after_s: null, age_s: 121}), healthOf({silence_after_s: null, age_s: 119}), healthOf({age_s: null}), healthOf({silence_after_s: null, age_s: null})])
      .toEqual(["down", "closed", "silent", "up", "quiet", "up", "silent", "silent"]);
    const healths: FeedHealth[] = ["up", "quiet", "silent", "closed", "down"];
    expect(new Set(healths.map((it) => healthWord[it])).size).toBe(5);
  });
  test("has the age that the daemon tells, unknown where it says unknown; an older daemon tells a time", () => {
    const live = {now: iso(10)} as unknown as State;
    expect(ageOf(feed("x", {age_s: 3}), live)).toBe(3);
    expect(ageOf(feed("x", {age_s: null}), live)).toBeNull();
    const old = feed("x");
    delete old.age_s;
    expect(ageOf(old, live)).toBe(10);
    expect(ageOf({...old, last_message: iso(20)}, live)).toBe(0);
    expect(ageOf({...old, last_message: null}, live)).toBeNull();
    expect(ageOf(old, null)).toBeNull();
  });
  test("has a rate of two answers, none of one, of none, or when the counter began anew", () => {
    expect([rateOf(150, 3000, 100, 1000), rateOf(100, 3000, 100, 1000)]).toEqual([25, 0]);
    expect([rateOf(150, 3000, undefined, 1000), rateOf(5, 3000, 100, 1000), rateOf(150, 1000, 100, 1000)]).toEqual([null, null, null]);
    const before = {data: [feed("x", {messages: 900})], at: now - 2000};
    expect(feedsOf(polled([feed("x"), feed("new")], {before}), null).map(({perSecond}) => perSecond)).toEqual([50, null]);
    expect(feedsOf(polled([feed("x")]), null)[0]?.perSecond).toBeNull();
    expect(feedsOf(nothingPolled, null)).toEqual([]);
  });
});

describe("a webhook", () => {
  const of = (more: Partial<SinkStatus>) => webhooks([lane("log"), hook("desk", more)], now)[0];
  test("is broken, throttled, late, unproven or working, in this order", () => {
    expect([of({state: "broken", throttled_until: iso(9)}), of({throttled_until: iso(9), pending: 1, oldest: iso(-99)}), of({pending: 1, oldest: iso(-31)}),
      of({pending: 1, oldest: iso(-29), accepted: 0, attempts: 1}), of({pending: 1, oldest: iso(-29)}), of({throttled_until: iso(-1)})].map((it) => it?.state))
      .toEqual(["broken", "throttled", "late", "unproven", "working", "working"]);
  });
  test("is a row with a state; what does not wait has no wait", () => {
    expect(webhooks([lane("log"), lane("outbox")], now)).toEqual([]);
    expect(of({oldest: iso(-99)})).toMatchObject({pending: 0, waitsS: null, throttledS: null});
    expect(of({pending: 2, oldest: iso(-12), throttled_until: iso(8)})).toMatchObject({pending: 2, waitsS: 12, throttledS: 8});
    expect(of({pending: 1, oldest: iso(5)})?.waitsS).toBe(0);
    expect([wait(1), wait(2)]).toEqual(["1 waits", "2 wait"]);
  });
  test("that tells nobody is named with its reason, an outbox with its warning, and what works not at all", () => {
    expect(undelivered([lane("log"), hook("desk"), lane("outbox", {warning: null})])).toEqual([]);
    const told = undelivered([lane("outbox", {warning: "no disk"}), hook("a", {state: "broken", reason: "gone", pending: 1}), hook("b", {state: "broken"})]);
    expect(told).toEqual(["no disk", expect.stringMatching(/a is broken \(gone\), 1 waits/), expect.stringMatching(/b is broken \(reason unknown\)/)]);
    expect(reasonOf(hook("x", {reason: null, last_error: "timeout"}))).toBe("timeout");
  });
});

describe("figures of the ops view", () => {
  test("are a dash where they are not known, and 0 only where they are 0", () => {
    for (const words of [u.duration, u.age, u.bytes, u.count, u.rate]) {
      expect([words(null), words(undefined)]).toEqual(["–", "–"]);
      expect(words(0)).toMatch(/^0/);
    }
  });
  test("have the unit in which they are read", () => {
    expect([0.000053, 0.0048, 0.25, 3.2, 95, 600].map((it) => plain(u.duration(it)))).toEqual(["53 µs", "4.8 ms", "250 ms", "3.2 s", "95 s", "10 min"]);
    expect([0.4, 9.9, 41, 600].map((it) => plain(u.age(it)))).toEqual(["0.4 s", "9.9 s", "41 s", "10 min"]);
    expect([500, 2048, 68337664, 3 * 2 ** 30].map((it) => plain(u.bytes(it)))).toEqual(["500 B", "2.0 KiB", "65 MiB", "3.0 GiB"]);
    expect([u.count(1234567), u.counted(1, "gap"), u.counted(3, "gap"), u.counted(2, "alert waits", "alerts wait")])
      .toEqual(["1,234,567", "1 gap", "3 gaps", "2 alerts wait"]);
    expect([0, 0.01, 1.23, 12.34, 4321].map(u.rate)).toEqual(["0", "< 0.1", "1.2", "12", "4,321"]);
  });
  test("never jump to a larger unit too early: as numbers they rise", () => {
    const scale: Record<string, number> = {µs: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600};
    let before = 0;
    for (let seconds = 1e-6; seconds < 7000; seconds *= 1.003) {
      const [digits = "", unit = ""] = u.duration(seconds).split("\u00a0");
      const read = Number(digits.replaceAll(",", "")) * (scale[unit] ?? NaN);
      expect(read).toBeGreaterThanOrEqual(before * 0.999);
      expect(Math.abs(read / seconds - 1)).toBeLessThan(seconds < 9e-6 ? 0.06 : 0.26);
      before = read;
    }
  });
});

describe("what is known of an answer", () => {
  const first = afterAnswer<number>(nothingPolled, {kind: "data", data: 1}, 1000);
  test("is the latest data, with the data before for rates", () => {
    expect(first).toEqual({data: 1, at: 1000, before: null, absent: false, failed: null, asked: true});
    expect(afterAnswer(first, {kind: "data", data: 2}, 3000)).toMatchObject({data: 2, at: 3000, before: {data: 1, at: 1000}});
  });
  test("stays after a failure with its old age and the reason, until an answer comes", () => {
    const failed = afterAnswer(first, {kind: "failed", why: "does not answer"}, 9000);
    expect(failed).toMatchObject({data: 1, at: 1000, failed: "does not answer"});
    expect(afterAnswer(failed, {kind: "data", data: 2}, 11_000)).toMatchObject({failed: null, before: {data: 1, at: 1000}});
    expect(afterAnswer<number>(nothingPolled, {kind: "failed", why: "x"}, 9000)).toMatchObject({data: null, at: null, asked: true});
  });
  test("is nothing where the daemon has no such answer", () => {
    expect(afterAnswer(first, {kind: "absent"}, 9000)).toEqual({...nothingPolled, absent: true, asked: true});
  });

  afterEach(() => void vi.unstubAllGlobals());
  const answered = (response: object | Error) => {
    vi.stubGlobal("fetch", () => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));
    return ask("api/v1/x");
  };
  test("tells data, no such answer, and each way to fail apart", async () => {
    expect(await answered({ok: true, status: 200, json: () => Promise.resolve({data: [1]})})).toEqual({kind: "data", data: [1]});
    expect(await answered({ok: false, status: 404})).toEqual({kind: "absent"});
    expect(await answered({ok: false, status: 503})).toEqual({kind: "failed", why: expect.stringContaining("503")});
    expect((await answered({ok: true, status: 200, json: () => Promise.resolve({})})).kind).toBe("failed");
    expect((await answered({ok: true, status: 200, json: () => Promise.reject(new SyntaxError("no JSON"))})).kind).toBe("failed");
    expect((await answered(new TypeError("refused"))).kind).toBe("failed");
  });
});

test("why the daemon refused is told so that one can act on it", () => {
  for (const status of [401, 403]) expect(refusal(status, "", "contagionctl silence add")).toMatch(/contagionctl silence add/);
  expect(refusal(0, "", "x")).toMatch(/not answer.*nothing was changed/);
  expect(refusal(409, "It has ended.", "x")).toBe("It has ended.");
  expect(refusal(500, "", "x")).toMatch(/500.*nothing was changed/);
});
