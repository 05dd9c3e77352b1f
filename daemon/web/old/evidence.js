// The evidence: who moves first, what ties source and target beyond a common fall, each series
// against its own habits, and what the fall has cost. Every verdict in words, its figures beside it.
import * as f from "./format.js";
import {element, sign} from "./view.js";

const byId = (id) => document.getElementById(id);
const enoughEvidence = 0.05; // a chance below it is told as a finding
const strengthened = 1.64; // one-sided, of the same chance
const firstInTime = 1.96; // two-sided, of the same chance
const jumpChance = 0.01;
const convincing = Math.log(20); // a chance of at most one in twenty
const arrow = " → ";

// ---- who moves first ----

const noLead = {
  too_few_ticks: "too few ticks", no_variance: "a price that does not move",
  not_significant: "no lag stands out", spans_zero: "together, as far as can be told",
  at_the_edge: "the lag may be longer than looked for",
};

function leadCell(row) {
  if (!row || row.verdict === null) return element("td", {class: "weak"}, f.none);
  const ticks = `${row.ticks_source} and ${row.ticks_target} ticks` + (row.tainted ? ", with gaps" : "");
  if (row.verdict !== "led" || row.seconds === null)
    return element("td", {class: "unled", title: row.seconds === null ? ticks : `best lag ${f.lag(row.seconds)} s, ${ticks}`}, noLead[row.verdict] || row.verdict);
  // A negative lag is the target's lead: told with the names in that order.
  const ahead = row.seconds >= 0;
  const interval = row.low === null || row.high === null ? ""
    : ` [${(ahead ? [row.low, row.high] : [-row.high, -row.low]).map(f.lag).join(", ")}]`;
  return element("td", {class: row.tainted ? "tainted" : null,
    title: `correlation ${f.figure(row.correlation)} at that lag, ${ticks}`},
    ahead ? null : element("small", {}, `${row.target}${arrow}${row.source} `),
    element("b", {}, `+${f.lag(Math.abs(row.seconds))}\u00a0s`), interval,
    row.tainted ? element("small", {class: "doubt"}, " ⚠ gaps") : null);
}

export function showLeads(state) {
  const measured = state.leads.filter((row) => row.verdict !== null);
  const targets = state.targets.map((row) => row.symbol);
  const sources = [...new Set(measured.map((row) => row.source))];
  byId("leads-empty").hidden = sources.length > 0;
  const places = new Map(measured.map((row) => [JSON.stringify([row.source, row.target]), row]));
  const head = element("tr", {}, element("td"), ...targets.map((target) => element("th", {scope: "col"}, `${arrow.trim()} ${target}`)));
  const body = sources.map((source) => element("tr", {class: source === state.source_group ? "group" : null},
    element("th", {scope: "row"}, source),
    ...targets.map((target) => leadCell(places.get(JSON.stringify([source, target]))))));
  byId("leads").replaceChildren(...(sources.length ? [element("thead", {}, head), element("tbody", {}, ...body)] : []));
}

// ---- the link ----

/** One question: the answer in words, and the figures it rests on. */
function answer(question, verdict, figures, strong = false) {
  return element("div", {},
    element("dt", {}, question),
    element("dd", {class: verdict === null ? "unknown" : strong ? "strong" : null},
      verdict === null ? "not known" : verdict,
      figures ? element("small", {}, figures) : null));
}

const rows = (n) => (n === 1 ? "1 row" : `${n} rows`);

function partialAnswer(link) {
  const question = "After the macro controls";
  const kept = link.controls_kept;
  const taken = kept === 0 ? "no control was fresh: nothing is taken out"
    : kept === 1 ? "1 control taken out" : `${kept} controls taken out`;
  if (link.partial === null || link.partial_p === null) return answer(question, null, `${rows(link.partial_samples)}, ${taken}`);
  const found = link.partial_p < enoughEvidence;
  const verdict = !found ? "nothing is left that chance would not give"
    : link.partial > 0 ? `still moves with ${link.source}` : `moves against ${link.source}`;
  const error = link.partial_standard_error === null ? "" : ` ± ${f.figure(link.partial_standard_error)}`;
  return answer(question, verdict, `ρ ${f.figure(link.partial)}${error}, ${rows(link.partial_samples)}, ${f.chance(link.partial_p)}; ${taken}`,
    found && link.partial > 0 && kept > 0);
}

function changeAnswer(link) {
  const question = "Against the stretch before";
  const counted = link.samples_before + link.samples_now === 0 ? "too little history yet"
    : `${rows(link.samples_before)} before, ${link.samples_now} now`;
  const rho = link.rho_before === null || link.rho_now === null ? "" : `ρ ${f.figure(link.rho_before)}${arrow}${f.figure(link.rho_now)}; `;
  if (link.change_z === null) return answer(question, null, rho + counted);
  const stronger = link.change_z > strengthened;
  return answer(question,
    stronger ? "contagion: the link itself is stronger" : "interdependence: no stronger than larger swings explain",
    `ρ ${f.figure(link.rho_before)}${arrow}${f.figure(link.rho_now)}, ${f.figure(link.rho_adjusted)} at the earlier swings; ` +
    `z ${f.signedFigure(link.change_z, 1)}, ${f.chance(link.change_p)}; ${counted}`, stronger);
}

function spilloverAnswer(link) {
  const question = "Spillover";
  if (link.spillover_received === null) return answer(question, null, "");
  return answer(question, `${f.share(link.spillover_received)} of ${link.target}'s surprises come from ${link.source}`,
    `the other way ${f.share(link.spillover_given)}`,
    link.spillover_given !== null && link.spillover_received > link.spillover_given && link.spillover_received >= 0.1);
}

function orderAnswer(link) {
  const question = "Order in time, from bars";
  if (link.asymmetry === null) return answer(question, null, rows(link.asymmetry_samples));
  const verdict = link.asymmetry > firstInTime ? `${link.source} moves first`
    : link.asymmetry < -firstInTime ? `${link.target} moves first` : "together, as far as can be told";
  return answer(question, verdict, `z ${f.signedFigure(link.asymmetry, 1)}, ${rows(link.asymmetry_samples)}`, link.asymmetry > firstInTime);
}

function tickAnswer(row) {
  const question = "Correlation of raw ticks";
  if (!row || row.value === null) return answer(question, null, row ? `${row.samples} overlapping pairs` : "");
  const error = row.standard_error === null ? "" : ` ± ${f.figure(row.standard_error)}`;
  return answer(question, `${f.figure(row.value)}${error}`, `${row.samples} overlapping pairs${row.tainted ? ", with gaps" : ""}`);
}

export function showLinks(state) {
  byId("links").replaceChildren(...state.links.map((link) => {
    const ticks = state.tick_correlations.find((row) => row.source === link.source && row.target === link.target);
    return element("article", {class: link.tainted ? "link tainted" : "link"},
      element("h3", {}, `${link.source}${arrow}${link.target}`,
        link.tainted ? element("small", {class: "doubt"}, " ⚠ data with gaps") : null),
      link.ts === null && !(ticks && ticks.ts)
        ? element("p", {class: "quiet"}, "Not measured yet.")
        : element("dl", {}, partialAnswer(link), changeAnswer(link), spilloverAnswer(link), orderAnswer(link), tickAnswer(ticks)));
  }));
}

// ---- habits ----

function sigmaCell(value, note, strong) {
  return element("td", {class: `number ${value === null ? "weak" : strong ? sign(value) : ""}`},
    value === null ? f.none : `${f.signedFigure(value, 1)} σ`, note ? element("small", {}, ` ${note}`) : null);
}

function driftCell(log) {
  if (log === null) return element("td", {class: "number weak"}, f.none);
    return element("td", {class: log >= convincing ? "number down" : "number", title: `log e-value ${f.signedFigure(log, 1)}`},
    `× ${f.factor(log)}`);
}

export function showHabits(state) {
  const shown = new Set([state.source_group, ...state.targets.map((row) => row.symbol)]);
  const list = state.series.filter((row) => shown.has(row.series));
  const head = element("tr", {}, element("td"), ...[
    ["24 h", "Change over the last 24 hours"],
    ["Last 15 min", "In the swings usual before"],
    ["Last minute", "In the swings usual at this time of day; a jump is told where chance gives one in fewer than one session of a hundred"],
    ["A bet on a fall", "What a stake of 1 has become that was bet, minute by minute, on a price that drifts down; from 20 on it convinces"],
  ].map(([text, title]) => element("th", {scope: "col", title}, text)));
  const body = list.map((row) => element("tr", {class: row.tainted ? "tainted" : null},
    element("th", {scope: "row"}, row.series, row.tainted ? element("small", {class: "doubt"}, " ⚠ gaps") : null),
    element("td", {class: `number ${sign(row.change_24h)}`}, f.percent(row.change_24h)),
    sigmaCell(row.selloff_z, "", Math.abs(row.selloff_z ?? 0) >= 3),
    sigmaCell(row.jump, row.jump_p !== null && row.jump_p < jumpChance ? "jump" : "", row.jump_p !== null && row.jump_p < jumpChance),
    driftCell(row.drift_log)));
  byId("habits").replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
}

// ---- impact ----

export function showImpact(state) {
  const impact = state.impact[0];
  const line = byId("impact");
  line.hidden = !impact;
  if (line.hidden) return;
  if (impact.value_lost_usd === null) {
    line.className = "impact quiet";
    line.replaceChildren(impact.ts === null || impact.covered === 0
      ? `What the fall of ${impact.source} has cost is not known: no member has both a number of shares in the configuration and a price of 24 hours ago.`
      : `What the fall of ${impact.source} has cost is not known: too few prices are 24 hours old.`);
    return;
  }
  const lost = impact.value_lost_usd >= 0;
  line.className = "impact";
  line.replaceChildren(...[
    element("b", {class: lost ? "down" : "up"}, f.dollars(Math.abs(impact.value_lost_usd))),
    ` of market value ${lost ? "gone from" : "gained by"} ${impact.source} in 24 h`,
    impact.share === null ? "; the value of the crypto assets is not known"
      : `: ${f.share(Math.abs(impact.share))} of the value of the crypto assets`,
    element("small", {class: "quiet"},
      (impact.covered < 0.995 ? `counts ${f.share(impact.covered)} of the group by weight; ` : "") +
      (impact.as_of ? `shares and supplies as of ${impact.as_of}` : "dates of the share counts unknown")),
  ]);
}
