// State to page. Text from outside goes into text nodes only.
import * as f from "./format.js";

const byId = (id) => document.getElementById(id);

/** element("td", {class: "x", title: "y"}, "text", child, ...) */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function showNotice(state) {
  const stripe = byId("notice");
  const live = state.mode === "live" && !state.notice;
  stripe.hidden = live;
  stripe.querySelector("strong").textContent = state.mode.toUpperCase();
  stripe.querySelector("span").textContent = state.notice || (state.mode === "live" ? "" : "This is not the live market.");
  byId("build").textContent = `contagiond ${state.version}${state.instance ? " on " + state.instance : ""}`;
}

export function showConnection(live) {
  const stripe = byId("connection");
  const silent = live.lastMessage === null ? null : (Date.now() - live.lastMessage) / 1000;
  const patience = Math.max(15, 3 * (live.state ? live.state.bar_s : 0));
  if (!live.connected) {
    stripe.textContent = silent === null ? "Connecting …" : `Disconnected, last data ${f.span(silent)} ago. Trying again …`;
    stripe.hidden = silent === null && performance.now() < 1500;
  } else if (silent !== null && silent > patience) {
    stripe.textContent = `Connected, but nothing new for ${f.span(silent)}.`;
    stripe.hidden = false;
  } else {
    stripe.hidden = true;
  }
  document.body.classList.toggle("stale", !live.connected && silent !== null && silent > 5);
}

export function showClocks(state) {
  byId("clock-ny").textContent = f.time(state.now, "ny");
  byId("clock-utc").textContent = f.time(state.now, "utc");
  byId("clock-utc").title = f.date(state.now);
}

// ---- targets ----

function scoreBar(row, thresholds) {
  const score = row.score ?? 0;
  const open = row.regime === "contagion";
  const level = open ? thresholds.exit : thresholds.enter;
  const bar = element("div", {class: "bar", role: "meter", "aria-label": `Score of ${row.symbol}`,
    "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": score});
  const fill = element("div", {class: "fill"});
  fill.style.width = `${Math.min(1, Math.max(0, score)) * 100}%`;
  const tick = element("div", {class: "tick"});
  tick.style.left = `${level * 100}%`;
  bar.append(fill, tick);
  const label = element("span", {class: "tick-label"}, open ? `may end below ${f.figure(level)}` : `alert from ${f.figure(level)}`);
  return element("div", {class: "score"},
    element("div", {class: "score-head"}, element("span", {}, "Score ", element("b", {}, f.figure(row.score))), label), bar);
}

function warmupBar(row, state) {
  const share = Math.min(1, Math.max(0, row.warmup ?? 0));
  const bar = element("div", {class: "bar", role: "progressbar", "aria-label": `Warm-up of ${row.symbol}`,
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share * 100)});
  const fill = element("div", {class: "fill"});
  fill.style.width = `${share * 100}%`;
  bar.append(fill);
  const left = (1 - share) * state.warmup_s;
  return element("div", {class: "score"},
    element("div", {class: "score-head"}, element("span", {}, "Learning what is normal ", element("b", {}, `${Math.round(share * 100)} %`)),
      element("span", {class: "tick-label"}, `${f.span(left)} of bars to go`)), bar);
}

/** Why data are in doubt, as the state names it. */
const causes = {
  gap: "messages were lost", stale: "was without a fresh price", divergence: "its venues disagree",
  clock: "a clock is wrong", frozen: "its price stands still although frames come",
};

/** What is wrong with a price beyond its age, each in a few words. */
function doubts(row) {
  const off = (row.diverged || []).map(({feed, ratio}) =>
    ratio === null ? `⚠ ${feed} disagrees` : `⚠ ${feed} ${f.percent(Math.abs(ratio), 1).replace("+", "")} ${ratio > 0 ? "above" : "below"} the rest`);
  return [...off, ...(row.taint || []).map((cause) => `⚠ ${causes[cause] || cause}`)];
}

/** Why a target cannot be judged. What has never been heard is named, since it will not come by waiting. */
/** Who is not told of alerts, and why; nothing while all are. `rows` as of /api/v1/status/sinks. */
export function showDelivery(rows) {
  if (!Array.isArray(rows)) return;
  const troubles = rows.flatMap((row) => {
    if (row.warning) return [row.warning];
    return row.state === "broken" ? [`${row.name} is broken (${row.reason || "reason unknown"}), ${row.pending} wait`] : [];
  });
  const stripe = byId("delivery");
  stripe.hidden = troubles.length === 0;
  stripe.textContent = troubles.length ? `Delivery: ${troubles.join("; ")}.` : "";
}

function silence(instrument, state) {
  const unheard = state.instruments.filter((i) => i.role === "source" && i.price === null).map((i) => i.symbol);
  const members = state.instruments.filter((i) => i.role === "source").length;
  if (instrument.price === null) return `No price of ${instrument.symbol} has arrived since the start: nothing can be judged. Is it in a feed?`;
  if (members > 0 && unheard.length === members)
    return `No price of ${state.source_group} has arrived since the start (${unheard.join(", ")}): nothing can be judged. Are they in a feed?`;
  return "Data too old to judge: the state is held, not measured.";
}

function targetCard(row, state) {
  const instrument = state.instruments.find((i) => i.symbol === row.symbol) || {};
  const episode = state.episodes.find((e) => e.targets.includes(row.symbol));
  const source = state.source_group || "the source";
  let why = "";
  if (row.suspended) why = silence(instrument, state);
  else if (episode) why = episode.summary;
  else if (row.regime === "warming") why = "Prices are arriving; nothing is judged before enough of them are known.";
  else if (row.direction === "decoupled") why = `${source} is falling, ${row.symbol} does not follow.`;
  else if (row.score >= state.thresholds.enter && row.regime !== "over")
    why = `Over the threshold: an alert opens if this holds for ${f.span(state.thresholds.confirm_s)}.`;
  else if (row.limiting !== "none") why = `Held back: ${f.limitText(row.limiting, row.symbol, source)}.`;
  const since = row.since && row.regime !== "warming"
    ? `since ${f.time(row.since, "ny")} New York · ${f.time(row.since, "utc")} UTC` : "since the start";
  return element("article", {class: "target", "data-regime": row.regime, "data-suspended": row.suspended},
    element("div", {class: "target-head"},
      element("h2", {}, row.symbol),
      element("span", {class: "price"}, f.price(instrument.price),
        element("small", {class: sign(instrument.return_since_open)}, f.percent(instrument.return_since_open)))),
    ...doubts(instrument).map((text) => element("p", {class: "doubt"}, text)),
    element("p", {class: "regime"}, f.regimeWord[row.regime] || row.regime,
      element("small", {}, since)),
    row.regime === "warming" ? warmupBar(row, state) : scoreBar(row, state.thresholds),
    element("p", {class: "why"}, why || "\u00a0"));
}

export function showTargets(state) {
  byId("targets").replaceChildren(...state.targets.map((row) => targetCard(row, state)));
}

/** Told by the tab as well, also while another one is in front. */
export function showTitle(state) {
  const spreading = state.targets.filter((row) => row.regime === "contagion").map((row) => row.symbol);
  document.title = spreading.length ? `⚠ ${spreading.join(", ")} · contagiond` : "contagiond";
}

export const sign = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");

// ---- alerts ----

/** Documents, the latest revision of each episode, newest first. `address`: where one is explained; `marks`: nodes to add. */
export function showAlerts(documents, address, marks) {
  const rows = documents.map(({data}) =>
    element("article", {class: "alert", "data-id": data.id, "data-severity": data.severity, "data-status": data.status},
      element("p", {class: "alert-head"},
        element("span", {class: "severity"}, data.status === "resolved" ? "resolved" : data.severity),
        element("span", {class: "title"}, data.title)),
      element("p", {class: "summary"}, data.summary),
      element("p", {class: "when"},
        `${f.time(data.detected_at, "ny")} New York · ${f.time(data.detected_at, "utc")} UTC`,
        data.ended_at ? ` · lasted ${f.span((f.milliseconds(data.ended_at) - f.milliseconds(data.detected_at)) / 1000)}` : " · open",
        " · ", element("a", {href: address(data.id), "aria-label": `Why this alert fired: ${data.title}`}, "why it fired")),
      ...marks(data)));
  for (const row of rows) row.addEventListener("click", () => { location.hash = address(row.dataset.id); });
  byId("alerts").replaceChildren(...rows);
  byId("alerts-empty").hidden = rows.length > 0;
}

/** Of the alerts shown, the one that is explained; null: none is. */
export function markAlert(id) {
  for (const row of byId("alerts").children) {
    if (row.dataset.id === id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/** What a second configuration would have said; `status` null: there is none. `documents` null: not asked for. */
export function showShadow(status, documents) {
  const box = byId("shadow");
  box.hidden = !status;
  if (!status) return;
  const count = `${status.alerts} ${status.alerts === 1 ? "alert" : "alerts"}`;
  const last = status.last_opened_at ? `, last ${f.time(status.last_opened_at, "utcMinute")} UTC` : "";
  const state = status.error ? " · stopped" : status.warm ? "" : " · still learning what is normal";
  box.querySelector("summary").textContent = `Shadow ${status.name}: ${count}${last}; live: ${status.alerts_live}${state}`;
  box.querySelector("p").textContent = [
    "Sent to nobody.",
    status.since ? `Counted since ${f.time(status.since)} UTC.` : "",
    status.differences.length ? `Set differently: ${status.differences.join(", ")}.` : "Set like the live one.",
    status.inputs_lost ? `⚠ It fell behind and lost ${status.inputs_lost} inputs: no fair comparison.` : "",
    status.error ? `⚠ It was stopped: ${status.error}.` : "",
  ].filter(Boolean).join(" ");
  if (documents) box.querySelector("ul").replaceChildren(...documents.map(({data}) =>
    element("li", {}, element("b", {}, `${f.time(data.detected_at, "utcMinute")} UTC`), ` ${data.severity} · ${data.summary}`)));
}

// ---- tables ----

const enoughSamples = 10;

function correlationCell(row) {
  if (!row) return element("td", {}, f.none);
  const weak = row.value === null || row.samples < enoughSamples || row.tainted;
  const change = row.value !== null && row.baseline !== null ? row.value - row.baseline : null;
  const error = row.standard_error === null ? "" : ` ± ${f.figure(row.standard_error)}`;
  const told = row.value === null ? `not computable from ${row.samples} samples`
    : `${f.figure(row.value)}${error} from ${row.samples} samples, usually ${f.figure(row.baseline)}`;
  const cell = element("td", {class: weak ? "weak" : null, title: told + (row.tainted ? ", with gaps" : "")},
    element("span", {class: "value"}, f.figure(row.value)),
    change === null ? null : element("small", {class: sign(change)}, f.signedFigure(change)));
  // The stronger the tie, the stronger the tint; a dimmed figure claims nothing.
  cell.style.setProperty("--tie", weak ? 0 : Math.min(1, Math.abs(row.value)));
  return cell;
}

export function showCorrelations(state) {
  const sources = [...new Set(state.correlations.map((row) => row.source))];
  const targets = state.targets.map((row) => row.symbol);
  const places = new Map(state.correlations.map((row) => [JSON.stringify([row.source, row.target, row.window_s]), row]));
  const top = element("tr", {}, element("td", {rowspan: 2}),
    ...targets.map((target) => element("th", {scope: "colgroup", colspan: state.windows_s.length}, target)));
  const second = element("tr", {}, ...targets.flatMap(() => state.windows_s.map((w) => element("th", {scope: "col"}, f.span(w)))));
  const body = sources.map((source) =>
    element("tr", {class: source === state.source_group ? "group" : null}, element("th", {scope: "row"}, source),
      ...targets.flatMap((target) => state.windows_s.map((w) => correlationCell(places.get(JSON.stringify([source, target, w])))))));
  byId("correlations").replaceChildren(element("thead", {}, top, second), element("tbody", {}, ...body));
}

const roleWord = {source: "source", target: "target", control: "macro control", other: "watched"};

export function showPrices(state) {
  const now = f.milliseconds(state.now);
  const head = element("tr", {}, ...[["Symbol"], ["Price"], ["24 h"], ["Since first", "since"], ["Role", "role"], ["State"]]
    .map(([text, name]) => element("th", {scope: "col", class: name}, text)));
  const order = {target: 0, source: 1, control: 2, other: 3};
  const rows = [...state.instruments].sort((a, b) => order[a.role] - order[b.role]).map((row) => {
    const printed = row.ts_price ?? row.ts;
    const age = printed === null ? null : (now - f.milliseconds(printed)) / 1000;
    const condition = row.price === null ? "waiting" : row.stale ? "stale" : age > 3 * state.bar_s ? `${f.span(age)} old` : "live";
    // Where a feed is off it is named, which says more than their number.
    const feeds = row.feeds_fresh > 1 && row.diverged.length === 0 ? `${row.feeds_agreeing} of ${row.feeds_fresh} feeds agree` : "";
    const weak = row.stale || row.price === null;
    return element("tr", {class: `${weak ? "weak" : ""} ${row.tainted ? "tainted" : ""}`.trim() || null},
      element("th", {scope: "row"}, row.symbol,
        row.proxy_of ? element("small", {class: "quiet", title: "It trades around the clock and is not the share itself"}, `stands for ${row.proxy_of}`) : null),
      element("td", {class: "number", title: row.venue}, f.price(row.price)),
      element("td", {class: `number ${sign(row.change_24h)}`}, f.percent(row.change_24h)),
      element("td", {class: `number since ${sign(row.return_since_open)}`}, f.percent(row.return_since_open)),
      element("td", {class: "role"}, roleWord[row.role] || row.role),
      element("td", {class: row.stale ? "bad" : null}, condition,
        feeds ? element("small", {class: row.feeds_agreeing < row.feeds_fresh ? "doubt" : "quiet"}, feeds) : null,
        ...doubts(row).map((text) => element("small", {class: "doubt"}, text))));
  });
  byId("prices").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
}

/** `ages`: seconds since the last message by feed; may be empty. */
export function showFeeds(state, ages) {
  byId("feeds").replaceChildren(...state.feeds.map((feed) => {
    const up = feed.state === "up";
    const age = up && ages.has(feed.name) ? `last message ${f.span(ages.get(feed.name))} ago`
      : feed.since ? `since ${f.time(feed.since)} UTC` : "not connected yet";
    return element("li", {class: up ? "up" : "down"},
      element("span", {class: "lamp", "aria-hidden": "true"}),
      element("b", {}, feed.name), ` ${feed.venue} · ${up ? "connected" : "down"} · ${age}`);
  }));
}
