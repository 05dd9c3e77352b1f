// Asking the API again and again, while somebody looks.
import {useEffect, useState} from "preact/hooks";

/** `absent`: this daemon has no such answer. `failed`: it did not answer, or not what it should. */
export type Answer<T> = {kind: "data"; data: T} | {kind: "absent"} | {kind: "failed"; why: string};

const patienceMs = 5000;
/** What a daemon does not have it will not have in two seconds either. */
const absentEveryMs = 60000;

export async function ask<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  const ours = new AbortController();
  const timer = setTimeout(() => ours.abort(), patienceMs);
  const stop = () => ours.abort();
  signal?.addEventListener("abort", stop);
  try {
    const response = await fetch(path, {signal: ours.signal, cache: "no-store"});
    if (response.status === 404) return {kind: "absent"};
    if (!response.ok) return {kind: "failed", why: `answered ${response.status}`};
    const answer = (await response.json()) as {data?: T};
    return answer.data === undefined ? {kind: "failed", why: "answered without data"} : {kind: "data", data: answer.data};
  } catch {
    return {kind: "failed", why: ours.signal.aborted ? "does not answer" : "cannot be reached"};
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** The last good answer and what came of the last question. Times in milliseconds of this computer. */
export interface Polled<T> {
  data: T | null;
  at: number | null; // of `data`
  before: {data: T; at: number} | null; // the good answer before it: for rates
  absent: boolean;
  failed: string | null; // why there was no newer answer
  asked: boolean; // whether any question has come to an end
}

export const nothingPolled: Polled<never> = {data: null, at: null, before: null, absent: false, failed: null, asked: false};

/** Pure: what is known after one more answer. */
export function afterAnswer<T>(known: Polled<T>, answer: Answer<T>, now: number): Polled<T> {
  if (answer.kind === "failed") return {...known, failed: answer.why, asked: true};
  if (answer.kind === "absent") return {...nothingPolled, absent: true, asked: true};
  const before = known.data !== null && known.at !== null ? {data: known.data, at: known.at} : null;
  return {data: answer.data, at: now, before, absent: false, failed: null, asked: true};
}

/**
 * Asks `path` at once, then every `everyMs` after the last answer, only while the component stands
 * and the document is visible.
 */
export function usePoll<T>(path: string, everyMs: number): Polled<T> {
  const [known, learn] = useState<Polled<T>>(nothingPolled);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    const turn = async () => {
      clearTimeout(timer);
      if (isAsking || ended.signal.aborted || document.visibilityState !== "visible") return;
      isAsking = true;
      const answer = await ask<T>(path, ended.signal);
      isAsking = false;
      if (ended.signal.aborted) return;
      learn((was) => afterAnswer(was, answer, Date.now()));
      timer = setTimeout(() => void turn(), answer.kind === "absent" ? Math.max(everyMs, absentEveryMs) : everyMs);
    };
    const look = () => void turn();
    document.addEventListener("visibilitychange", look);
    void turn();
    return () => {
      document.removeEventListener("visibilitychange", look);
      clearTimeout(timer);
      ended.abort();
    };
  }, [path, everyMs]);
  return known;
}
