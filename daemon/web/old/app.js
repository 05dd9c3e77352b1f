// Wires stream, view and chart. The page shows what /api/v1/stream says and asks for the past once.
import {Chart} from "./chart.js";
import * as desk from "./desk.js";
import * as evidence from "./evidence.js";
import * as explanation from "./explanation.js";
import {milliseconds} from "./format.js";
import {connect, fetchData} from "./stream.js";
import * as view from "./view.js";

const alertsShown = 50;
const shadowAlertsShown = 10;

const chart = new Chart(document.getElementById("chart"), document.getElementById("chart-tip"), document.getElementById("legend"));
const alerts = new Map(); // id → document of the latest revision
let feedAges = new Map(); // name → seconds since its last message
let loading = null; // while the past is fetched, new rows wait: the answer holds them

function showAlerts() {
  const documents = [...alerts.values()].sort((a, b) => Date.parse(b.data.detected_at) - Date.parse(a.data.detected_at));
  for (const {data} of documents.slice(alertsShown)) alerts.delete(data.id);
  view.showAlerts(documents.slice(0, alertsShown), explanation.address, (data) => desk.alertMarks(live.state, data));
  view.markAlert(explanation.selected());
  chart.alerts = documents.slice(0, alertsShown);
  chart.schedule();
}

function showNotes(state) {
  desk.showNotes(state);
  chart.notes = state.annotations;
  chart.schedule();
}

function takeAlert(document) {
  const known = alerts.get(document.data.id);
  if (!known || known.data.revision <= document.data.revision) alerts.set(document.data.id, document);
}

// Which lists of the state each part of the page shows.
const parts = [
  [["now"], view.showClocks],
  [["targets", "instruments", "episodes"], view.showTargets],
  [["correlations"], view.showCorrelations],
  [["leads"], evidence.showLeads],
  [["links", "tick_correlations"], evidence.showLinks],
  [["series"], evidence.showHabits],
  [["impact"], evidence.showImpact],
  [["instruments"], view.showPrices],
  [["silences"], desk.showSilences],
  [["silenced", "acknowledged"], showAlerts],
  [["annotations"], showNotes],
  [["feeds"], (state) => view.showFeeds(state, feedAges)],
];
const changed = new Set();

/** Draws what changed with the next frame: at most once a frame, and not while nobody looks. */
function show(names) {
  if (changed.size === 0) requestAnimationFrame(() => {
    for (const [lists, part] of parts) if (lists.some((name) => changed.has(name))) part(live.state);
    changed.clear();
  });
  for (const name of names) changed.add(name);
}

async function loadPast(state) {
  const mine = (loading = Symbol("load"));
  const [history, documents] = await Promise.all([fetchData("api/v1/history"), fetchData(`api/v1/alerts?limit=${alertsShown}`)]);
  if (loading !== mine) return;
  loading = null;
  chart.past.load(state, history);
  chart.past.append(state);
  chart.showLegend();
  for (const document of documents || []) takeAlert(document);
  showAlerts();
}

const live = connect("api/v1/stream", {
  snapshot(state) {
    view.showNotice(state);
    view.showTitle(state);
    show(Object.keys(state));
    loadPast(state);
    refreshFeeds();
    refreshShadow();
    refreshDelivery();
  },
  delta(state, delta) {
    if (!loading && (delta.instruments || delta.groups)) {
      chart.past.append(state);
      chart.schedule();
    }
    view.showTitle(state);
    show(Object.keys(delta));
  },
  alert(document) {
    takeAlert(document);
    showAlerts();
  },
  link() {
    view.showConnection(live);
  },
});

async function refreshFeeds() {
  const rows = await fetchData("api/v1/status/feeds");
  if (!Array.isArray(rows) || !live.state) return;
  // Of the engine's clock, which in a demo runs faster than ours: told as of now.
  const now = milliseconds(live.state.now);
  feedAges = new Map(rows.filter((row) => row.last_message && now)
    .map((row) => [row.name, Math.max(0, (now - milliseconds(row.last_message)) / 1000)]));
  show(["feeds"]);
}

async function refreshDelivery() {
  view.showDelivery(await fetchData("api/v1/status/sinks"));
}

explanation.follow(view.markAlert);

// A second configuration is watched from afar: it must not slow what is live.
async function refreshShadow() {
  const status = await fetchData("api/v1/shadow");
  const isOpen = document.getElementById("shadow").open;
  view.showShadow(status, status && isOpen ? await fetchData(`api/v1/shadow/alerts?limit=${shadowAlertsShown}`) : null);
}

document.getElementById("shadow").addEventListener("toggle", refreshShadow);
setInterval(() => view.showConnection(live), 1000);
setInterval(refreshFeeds, 5000);
setInterval(refreshShadow, 5000);
setInterval(refreshDelivery, 15000);
