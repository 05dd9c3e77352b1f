// The tab's title and its icon carry the state, also while another tab is in front.
import type {State} from "../model/api";
import type {Store} from "../model/store";

const strokes: Record<string, string> = {
  contagion: "#ff4d5e", elevated: "#f4a261", calm: "#3fbf7f", over: "#6ea8fe", warming: "#7d8db0", lost: "#9aa3b2",
};
const severity = ["warming", "calm", "over", "elevated", "contagion"];

function icon(state: string): string {
  // The mark differs in form as well as in colour: a spike for contagion, a wave for elevated.
  const path = state === "contagion" ? "M4 9h5l4 12 4-7 4 10 7-15" : state === "elevated" ? "M4 13h6l4 6 4-8 4 6h6" : "M4 17h24";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#12161f"/>` +
    `<path d="${path}" fill="none" stroke="${strokes[state] ?? strokes["lost"]}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function worst(state: State): string {
  return state.targets.reduce((found, {regime}) => (severity.indexOf(regime) > severity.indexOf(found) ? regime : found), "warming");
}

export function followTitle(store: Store): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  let shown = "";
  const update = () => {
    const {live} = store;
    if (!live) return;
    const state = store.link.connected ? worst(live) : "lost";
    const named = live.targets.filter(({regime}) => regime === "contagion").map(({symbol}) => symbol);
    const words = !store.link.connected ? "disconnected · " : named.length ? `⚠ ${named.join(", ")} · ` : state === "elevated" ? "elevated · " : "";
    const mode = live.mode === "live" ? "" : ` [${live.mode.toUpperCase()}]`;
    const title = `${words}contagiond${mode}`;
    if (document.title !== title) document.title = title;
    if (link && shown !== state) link.href = icon(state);
    shown = state;
  };
  store.onMessage(update);
}
