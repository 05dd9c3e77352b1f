// The tab's title and its icon carry the state, also while another tab is in front.
import type {State} from "../model/api";
import {freshness} from "../model/freshness";
import type {Store} from "../model/store";

const strokes: Record<string, string> = {
  contagion: "#ff4d5e", elevated: "#f4a261", calm: "#3fbf7f", over: "#6ea8fe", warming: "#7d8db0", lost: "#9aa3b2",
};
/** The mark differs in form as well as in colour: a spike for contagion, a wave for elevated, a broken line for none. */
const marks: Record<string, string> = {
  contagion: "M4 9h5l4 12 4-7 4 10 7-15", elevated: "M4 13h6l4 6 4-8 4 6h6", over: "M4 10l8 9h16", warming: "M4 17h5m6 0h2m6 0h5",
  lost: "M8 8l16 16M24 8L8 24",
};
const severity = ["warming", "calm", "over", "elevated", "contagion"];
const lookEveryMs = 1000;

function icon(state: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#12161f"/>` +
    `<path d="${marks[state] ?? "M4 17h24"}" fill="none" stroke="${strokes[state] ?? strokes["lost"]}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The gravest state of any target. */
export function worst(state: State): string {
  return state.targets.reduce((found, {regime}) => (severity.indexOf(regime) > severity.indexOf(found) ? regime : found), "warming");
}

/** What the tab says; `fresh` as of freshness(). */
export function titleOf(state: State, fresh: string): string {
  const named = state.targets.filter(({regime}) => regime === "contagion").map(({symbol}) => symbol);
  const words = fresh === "disconnected" || fresh === "stalled" ? `${fresh} · `
    : named.length > 0 ? `⚠ ${named.join(", ")} · ` : worst(state) === "elevated" ? "elevated · " : "";
  return `${words}contagiond${state.mode === "live" ? "" : ` [${state.mode.toUpperCase()}]`}`;
}

export function followTitle(store: Store): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  let shown = "";
  const update = () => {
    const {live} = store;
    if (!live) return;
    const fresh = freshness(store.link, live, Date.now()).kind;
    const state = fresh === "live" ? worst(live) : "lost";
    const title = titleOf(live, fresh);
    if (document.title !== title) document.title = title;
    if (link && shown !== state) link.href = icon(state);
    shown = state;
  };
  store.onMessage(update);
  // A stream that stalls sends nothing that could tell of it.
  setInterval(update, lookEveryMs);
}
