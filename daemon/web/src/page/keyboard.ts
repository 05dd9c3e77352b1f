// The keys of the page. Not while someone types, nor with Ctrl, Alt or the like: those are the browser's.
import type {Store} from "../model/store";
import {backToLive, goToMoment, player} from "../moment/player";
import {isHelpOpen, toggleHelp} from "./help";
import {go, route} from "./route";
import {isMuted, mute} from "./sound";

/** Fields that take letters, and what Space and Enter press by themselves. */
function takes(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  if (target.matches("input")) return target.getAttribute("type") !== "range";
  return (key === " " || key === "Enter") && target.matches("button, a, summary, label");
}

/** The next alert down the list (1) or up (-1), from the one the keys stand on. */
function step(store: Store, by: 1 | -1): void {
  const ids = store.alerts.map(({data}) => data.id);
  const at = store.selected === null ? -1 : ids.indexOf(store.selected);
  const next = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by));
  store.select(ids[next] ?? null);
}

/** True when the key meant something. */
function press(store: Store, key: string): boolean {
  if (/^[1-9]$/.test(key)) {
    store.setWindow(Number(key) - 1);
    return true;
  }
  const onDesk = route().tab === "desk";
  const chosen = store.selected ?? store.alerts[0]?.data.id;
  switch (key) {
    case "j": if (onDesk) step(store, 1); return onDesk;
    case "k": if (onDesk) step(store, -1); return onDesk;
    case "Enter":
      if (!onDesk || store.selected === null) return false;
      goToMoment(store.selected);
      return true;
    case "r":
      if (store.moment) player.replay();
      else if (onDesk && chosen !== undefined) goToMoment(chosen);
      return true;
    case " ":
      if (store.moment) player.toggle();
      return store.moment !== null;
    case "Escape":
      if (route().alert === null) return false;
      backToLive();
      return true;
    case "m": mute(!isMuted()); return true;
    case "o": go(onDesk ? "#/ops" : "#/"); return true;
    case "?": toggleHelp(); return true;
    default: return false;
  }
}

export function followKeys(store: Store): void {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // Escape leaves a field, and closes the dialog by itself.
    if (event.key === "Escape" && event.target instanceof HTMLElement && event.target.matches("input, textarea, select")) {
      event.target.blur();
      if (!event.target.matches("input[type=range], select")) return;
    } else if (takes(event.target, event.key)) return;
    if (isHelpOpen() && event.key !== "?") return;
    if (press(store, event.key)) event.preventDefault();
  });
}
