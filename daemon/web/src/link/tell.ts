// Telling the daemon what a person decided: silences, acknowledgements, notes.
import {store} from "../model/store";

/** Why the daemon refused, as a person can act on it. `status` 0: no answer came. */
export function refusal(status: number, sentence: string, command: string): string {
  if (status === 401) return `Only a known user may do this from the page: give the daemon users with --web.config.file and log in, or run: ${command}`;
  if (status === 403) return `The daemon takes this from no page of another address. Run: ${command}`;
  if (status === 0) return "The daemon did not answer: nothing was changed.";
  return sentence || `The daemon answered ${status}: nothing was changed.`;
}

/**
 * True when it was done; else the store holds why not. `command` does the same from a shell. The
 * browser asks for name and password by itself where the daemon has users.
 */
export async function tell(method: "POST" | "DELETE", path: string, body: object | null, command: string): Promise<boolean> {
  store.tellProblem(null);
  let status = 0, sentence = "";
  try {
    const response = await fetch(path, {
      method, credentials: "same-origin", ...(body ? {headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)} : {}),
    });
    if (response.ok) return true;
    status = response.status;
    const answer = (await response.json()) as {error?: unknown};
    if (typeof answer.error === "string") sentence = answer.error;
  } catch {
    // What came back was nothing, or no JSON.
  }
  store.tellProblem(refusal(status, sentence, command));
  return false;
}
