// The optional sound of a new critical alert: off until someone wants it, remembered by the browser.
import {store as pageStore, type Store} from "../model/store";

const key = "contagiond.sound", soundedKey = "contagiond.sounded";
const remembered = 200; // alerts that have sounded

let context: AudioContext | null = null;

function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing
  }
}
function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // The choice lasts as long as the page.
  }
}

export const isMuted = (): boolean => pageStore.sound === "off";

/** Browsers let a page sound only after a click or a key on it. */
async function wake(): Promise<void> {
  try {
    context ??= new AudioContext();
    // Where the browser waits for a click, the promise waits with it.
    void context.resume().then(() => pageStore.sound === "blocked" && pageStore.setSound("on"), () => undefined);
  } catch {
    context = null; // no sound device, or none that is allowed
  }
  await Promise.resolve();
  if (pageStore.sound !== "off") pageStore.setSound(context?.state === "running" ? "on" : "blocked");
}

export function mute(silent: boolean): void {
  keep(key, silent ? "off" : "on");
  pageStore.setSound(silent ? "off" : "on");
  if (!silent) {
    void wake();
    if (context) play(context); // what will be heard
  }
}

/** Two tones, the second higher: a doorbell upside down, heard above a room. */
function play(on: AudioContext): void {
  const begin = on.currentTime + 0.02;
  for (const [place, hertz] of [660, 880].entries()) {
    const at = begin + place * 0.22;
    const tone = on.createOscillator(), loudness = on.createGain();
    tone.type = "triangle";
    tone.frequency.value = hertz;
    // Swelling and fading, for a tone that is switched on and off cracks.
    loudness.gain.setValueAtTime(0.0001, at);
    loudness.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
    tone.connect(loudness).connect(on.destination);
    tone.start(at);
    tone.stop(at + 0.45);
  }
}

/** The page may be open in several tabs: one of them sounds. */
function isFirstTab(id: string): boolean {
  if (kept(soundedKey) === id) return false;
  keep(soundedKey, id);
  return true;
}

export function followSound(store: Store): void {
  if (kept(key) === "on") {
    store.setSound("blocked");
    void wake();
  }
  for (const gesture of ["pointerdown", "keydown"])
    window.addEventListener(gesture, () => {
      if (store.sound === "blocked") void wake();
    }, {capture: true});
  const sounded = new Set<string>();
  store.onMessage((message) => {
    // Only the stream brings these, and it brings what happens while the page is open.
    if (message.kind !== "alert") return;
    const {id, severity, status} = message.document.data;
    if (severity !== "critical" || status !== "firing" || sounded.has(id)) return;
    sounded.add(id);
    if (sounded.size > remembered) sounded.clear();
    if (store.sound === "on" && context?.state === "running" && isFirstTab(id)) play(context);
  });
}
