// Whose shock it is and whether there is a link, in words, without a page.
import {describe, expect, test} from "vitest";

import * as a from "../../../daemon/web/src/desk/attribution_words";
import {answersOf, isMeasured} from "../../../daemon/web/src/desk/evidence_words";
import type {AlertData, AlertDocument, Episode, Link, TickCorrelation} from "../../../daemon/web/src/model/api";

const t = (minutes: number): string => new Date(Date.parse("2025-01-27T14:42:00Z") + minutes * 60000).toISOString();
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("the class of an alert", () => {
  const data = (kind: string, controls = 1) =>
    ({source: {group: "us_tech"}, attribution: {class: kind, controls: Array.from({length: controls}, () => ({symbol: "ZN", z: -1}))}}) as unknown as AlertData;
  test("has words of its own, each", () => {
    const told = ["tech", "macro", "crypto", "undecided", "unattributed"].map((kind) => a.tellClass(data(kind)));
    expect(new Set(told.map(({title}) => title)).size).toBe(5);
    for (const {meaning} of told) expect(meaning.length).toBeGreaterThan(20);
    expect(told[0]?.meaning).toMatch(/us_tech/);
    expect(told[1]?.meaning).toMatch(/not tech spilling/);
    expect(a.tellClass(data("weather"))).toEqual({title: "weather", meaning: ""});
  });
  test("that was not found says whether there are no controls or none was fresh", () => {
    expect(a.tellClass(data("unattributed", 0)).meaning).toMatch(/configured/);
    expect(a.tellClass(data("unattributed", 2)).meaning).toMatch(/fresh/);
    for (const controls of [0, 2]) expect(a.tellClass(data("unattributed", controls)).meaning).toMatch(/cannot be told/);
  });
  test("comes with its leader, whose confidence may not be known, or with none", () => {
    const of = (leader: string | null, leader_confidence: number | null) => a.tellLeader({source: {leader, leader_confidence}} as unknown as AlertData);
    expect(of(null, null).title).toMatch(/no single leader/i);
    expect(of("NVDA", 0.83)).toMatchObject({title: expect.stringContaining("NVDA"), meaning: expect.stringContaining("83")});
    expect(of("NVDA", null).meaning).toMatch(/not known/);
    expect(of("NVDA", null).meaning).not.toMatch(/\d/);
  });
});

describe("the alert that is told of", () => {
  const document = (id: string) => ({data: {id}}) as unknown as AlertDocument;
  const alerts = [document("C"), document("B"), document("A")];
  const open = [{id: "B"}] as unknown as Episode[];
  test("is the moment's, else the selected, else the open one, else the latest, else none", () => {
    expect(a.chooseAlert(alerts, open, "A", "C")?.id).toBe("A");
    expect(a.chooseAlert(alerts, open, null, "C")?.id).toBe("C");
    expect(a.chooseAlert(alerts, open, null, "gone")?.id).toBe("B");
    expect(a.chooseAlert(alerts, open, null, null)?.which).toMatch(/open/);
    expect(a.chooseAlert(alerts, [], null, null)).toMatchObject({id: "C", which: expect.stringMatching(/latest/)});
    expect(a.chooseAlert([], [], null, null)).toBeNull();
  });
});

describe("the revision that is told of", () => {
  const revision = (n: number, minutes: number, fall: number | null, status = "firing") =>
    ({timestamp: t(minutes), data: {revision: n, status, source: {group: "us_tech", return_ratio: fall}}}) as unknown as AlertDocument;
  const all = [revision(1, 0, -0.03), revision(2, 3, -0.09), revision(3, 6, -0.05), revision(4, 9, -0.01, "resolved")];
  const latest = all[3] as AlertDocument;
  const numberOf = (it: a.Revision) => it.document.data.revision;

  test("of an open alert is the latest", () => {
    expect(a.chooseRevision(all[2] as AlertDocument, all.slice(0, 3), null)).toMatchObject({note: "", document: {data: {revision: 3}}});
  });
  test("of one that is over is that of the deepest fall, never the recovery; unknown falls are not the deepest", () => {
    expect(numberOf(a.chooseRevision(latest, all, null))).toBe(2);
    expect(a.chooseRevision(latest, all, null).note).toMatch(/most/);
    expect(numberOf(a.chooseRevision(latest, [revision(1, 0, null), ...all.slice(1)], null))).toBe(2);
    expect(numberOf(a.chooseRevision(revision(4, 9, -0.5, "resolved"), [...all.slice(0, 3), revision(4, 9, -0.5, "resolved")], null))).toBe(2);
    expect(a.chooseRevision(latest, [], null)).toMatchObject({document: latest, note: expect.stringMatching(/ended/)});
  });
  test("at a moment is what had been told by then", () => {
    const at = (minutes: number) => a.chooseRevision(latest, all, Date.parse(t(minutes)));
    expect([0, 2, 3, 8, 20].map((minutes) => numberOf(at(minutes)))).toEqual([1, 1, 2, 3, 4]);
    expect(at(3).note).toBe("");
    expect(at(-5)).toMatchObject({document: all[0], note: expect.stringMatching(/later/)});
    expect(a.chooseRevision(latest, [], Date.parse(t(0))).note).toMatch(/may be later/);
  });
});

test("bars are as long as their values, to both sides of the middle, and never longer than their room", () => {
  expect([a.part(0.5, 2), a.part(5, 2), a.part(-1, 2), a.part(1, 0)]).toEqual([0.25, 1, 0, 0]);
  expect(a.aroundZero(2, 4)).toEqual({start: 50, length: 25});
  expect(a.aroundZero(-2, 4)).toEqual({start: 25, length: 25});
  expect(a.aroundZero(-9, 4)).toEqual({start: 0, length: 50});
  expect(a.aroundZero(0, 0).length).toBe(0);
});

// ---- the evidence ----

const unknown: Link = {
  source: "us_tech", target: "BTC-USD", partial: null, partial_standard_error: null, partial_p: null, partial_samples: 4, controls_kept: 0,
  rho_before: null, rho_now: null, rho_adjusted: null, change_z: null, change_p: null, samples_before: 0, samples_now: 0,
  asymmetry: null, asymmetry_samples: 3, spillover_received: null, spillover_given: null, tainted: false, ts: null,
};
const strong: Link = {
  ...unknown, partial: 0.5, partial_standard_error: 0.1, partial_p: 0.002, partial_samples: 60, controls_kept: 2,
  rho_before: 0.2, rho_now: 0.7, rho_adjusted: 0.4, change_z: 2.8, change_p: 0.003, samples_before: 200, samples_now: 60,
  asymmetry: 2.5, asymmetry_samples: 90, spillover_received: 0.33, spillover_given: 0.08, ts: t(0),
};
const ticks: TickCorrelation = {source: "us_tech", target: "BTC-USD", value: 0.41, standard_error: 0.05, samples: 800, tainted: false, ts: t(0)};
const answers = (link: Partial<Link>, row: TickCorrelation | undefined = ticks) => {
  const [partial, change, spillover, order, raw] = answersOf({...strong, ...link}, row);
  if (!partial || !change || !spillover || !order || !raw) throw new Error("five answers");
  return {partial, change, spillover, order, raw};
};

describe("the evidence", () => {
  test("of which nothing is known has no verdict, claims nothing and tells no figure as nought", () => {
    const told = answersOf(unknown, undefined);
    expect(new Set(told.map(({question}) => question)).size).toBe(5);
    for (const {verdict, isStrong, figures} of told) {
      expect([verdict, isStrong]).toEqual([null, false]);
      expect(figures).not.toMatch(/0\.0|\b0 (rows|before)/);
    }
    expect(told[0]?.figures).toMatch(/4 rows.*no control/);
    expect([isMeasured(unknown, undefined), isMeasured(unknown, {...ticks, ts: null}), isMeasured(unknown, ticks), isMeasured(strong, undefined)])
      .toEqual([false, false, true, true]);
  });
  test("that is strong in all says so in all, with its figures", () => {
    const told = answers({});
    expect([told.partial, told.change, told.spillover, told.order].map(({isStrong}) => isStrong)).toEqual([true, true, true, true]);
    expect(told.partial.verdict).toMatch(/still moves with us_tech/);
    expect(plain(told.partial.figures)).toMatch(/0\.50 ± 0\.10.*60 rows.*0\.002.*2 controls/);
    expect(told.change.verdict).toMatch(/contagion/);
    expect(told.change.figures).toMatch(/0\.20.*0\.70.*0\.40.*2\.8.*200.*60/);
    expect(plain(told.spillover.verdict ?? "")).toMatch(/33 %.*BTC-USD.*us_tech/);
    expect(told.order.verdict).toMatch(/us_tech moves first/);
    expect(told.raw).toMatchObject({verdict: expect.stringMatching(/0\.41 ± 0\.05/), figures: expect.stringContaining("800")});
  });
  test("after the controls is a finding only beyond chance, of one sign, and with a control taken out", () => {
    expect(answers({partial_p: 0.05}).partial).toMatchObject({isStrong: false, verdict: expect.stringMatching(/nothing/)});
    expect(answers({partial: -0.5}).partial).toMatchObject({isStrong: false, verdict: expect.stringMatching(/against/)});
    expect(answers({controls_kept: 0}).partial).toMatchObject({isStrong: false, figures: expect.stringMatching(/nothing is taken out/)});
    expect(answers({controls_kept: 1}).partial.figures).toMatch(/1 control\b/);
    expect(answers({partial_p: null}).partial.verdict).toBeNull();
  });
  test("against the stretch before is contagion only where the link itself is stronger", () => {
    expect(answers({change_z: 1.64}).change).toMatchObject({isStrong: false, verdict: expect.stringMatching(/interdependence/)});
    expect(answers({change_z: -4}).change.verdict).toMatch(/interdependence/);
    const early = answers({change_z: null}).change;
    expect([early.verdict, early.isStrong]).toEqual([null, false]);
    expect(early.figures).toMatch(/0\.20.*0\.70/);
    expect(answers({change_z: null, samples_before: 0, samples_now: 0, rho_before: null}).change.figures).toMatch(/too little history/);
    expect(answers({rho_adjusted: null}).change.figures).toMatch(/– at the earlier/);
  });
  test("of spillover is strong only where more comes than goes, and not where the other way is not known", () => {
    expect(answers({spillover_given: 0.4}).spillover.isStrong).toBe(false);
    expect(answers({spillover_received: 0.09}).spillover.isStrong).toBe(false);
    expect(answers({spillover_given: null}).spillover).toMatchObject({isStrong: false, figures: expect.stringMatching(/–/)});
  });
  test("of order in time names who is first, and together where nobody is", () => {
    expect(answers({asymmetry: -2.5}).order).toMatchObject({isStrong: false, verdict: expect.stringMatching(/BTC-USD moves first/)});
    for (const asymmetry of [0, 1.96, -1.96]) expect(answers({asymmetry}).order).toMatchObject({isStrong: false, verdict: expect.stringMatching(/together/)});
    expect(answers({asymmetry: null, asymmetry_samples: 1}).order).toMatchObject({verdict: null, figures: "1 row"});
  });
  test("of raw ticks names gaps, and has no verdict without a value", () => {
    expect(answers({}, {...ticks, tainted: true}).raw.figures).toMatch(/gaps/);
    expect(answers({}, {...ticks, value: null, samples: 12}).raw).toMatchObject({verdict: null, figures: expect.stringContaining("12")});
    expect(answers({}, {...ticks, standard_error: null}).raw.verdict).not.toMatch(/±/);
  });
});
