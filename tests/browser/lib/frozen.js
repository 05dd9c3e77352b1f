// A moment of the demo's selloff, held still: so that page and API can be compared figure by figure.
import {api, until} from "./demo.js";
import {FakeDaemon} from "./fake_daemon.js";

/** Waits for the selloff of the demo at `url`; answers with a daemon that says that moment for ever. */
export async function frozenSelloff(url) {
  const known = await until(async () => {
    const [state, alerts] = await Promise.all([api(url, "/api/v1/state"), api(url, "/api/v1/alerts?limit=10")]);
    const isOpen = state.targets.some(({regime}) => regime === "contagion") && alerts.some(({data}) => data.status === "firing" && data.revision > 1);
    return isOpen && state.leads.some(({verdict}) => verdict === "led") && state.correlations.some(({baseline}) => baseline !== null) ? {state, alerts} : null;
  }, {seconds: 90, what: "the demo's selloff"});
  const history = await api(url, "/api/v1/history");
  const cut = history.ts.findIndex((ts) => ts > known.state.now);
  const fake = await new FakeDaemon(url).start();
  fake.state = known.state;
  fake.answers.set("/api/v1/alerts", known.alerts);
  fake.answers.set("/api/v1/history", cut < 0 ? history : firstRows(history, cut));
  for (const path of ["feeds", "sinks", "engine"]) fake.answers.set(`/api/v1/status/${path}`, await api(url, `/api/v1/status/${path}`));
  return {fake, state: known.state, alerts: known.alerts, history: fake.answers.get("/api/v1/history")};
}

/** All columns of a history up to row `n`. */
function firstRows(value, n) {
  if (Array.isArray(value)) return value.every((it) => it === null || typeof it !== "object") ? value.slice(0, n) : value.map((it) => firstRows(it, n));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, firstRows(it, n)]));
}
