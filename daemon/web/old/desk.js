// What people say beside the market: silences, acknowledgements, notes on the time line. Text from
// people goes into text nodes only.
import * as f from "./format.js";
import {element} from "./view.js";

const byId = (id) => document.getElementById(id);
const notesShown = 6;
const dayMs = 86400000;

// ---- asking the daemon ----

/** Why the daemon refused, as a person can act on it. `status` 0: no answer came. */
function refusal(status, sentence, command) {
  if (status === 401) return `Only a known user may do this from the page: give the daemon users with --web.config.file and log in, or run: ${command}`;
  if (status === 403) return `The daemon takes this from no page of another address. Run: ${command}`;
  if (status === 0) return "The daemon did not answer: nothing was changed.";
  return sentence || `The daemon answered ${status}: nothing was changed.`;
}

/** The browser asks for name and password by itself where the daemon has users. `command` does the same from a shell. */
async function tell(method, path, body, command) {
  const note = byId("desk-problem");
  note.hidden = true;
  let status = 0, sentence = "";
  try {
    const response = await fetch(path, {method, credentials: "same-origin", headers: body ? {"Content-Type": "application/json"} : {}, body: body ? JSON.stringify(body) : undefined});
    if (response.ok) return;
    status = response.status;
    sentence = (await response.json()).error;
  } catch {
    // What came back was nothing, or no JSON.
  }
  note.textContent = refusal(status, sentence, command);
  note.hidden = false;
}

function button(text, title, act) {
  const node = element("button", {type: "button", title}, text);
  node.addEventListener("click", (event) => {
    event.stopPropagation(); // the alert around it opens its explanation
    act();
  });
  return node;
}

// ---- silences ----

const scope = ({rule, target, everything}) =>
  everything ? "every alert" : [rule && (f.ruleWord[rule] || rule), target && `on ${target}`].filter(Boolean).join(" ");

/** "14:00 UTC", with its day where that is not today. */
function moment(text, now) {
  const far = now !== null && Math.abs(Date.parse(text) - now) > dayMs * 0.8;
  return `${far ? f.date(text) + ", " : ""}${f.time(text, "utcMinute")} UTC (${f.time(text, "nyMinute")} New York)`;
}

export function showSilences(state) {
  const box = byId("silences");
  const now = f.milliseconds(state.now);
  box.hidden = state.silences.length === 0;
  box.querySelector("ul").replaceChildren(...state.silences.map((s) => element("li", {},
    element("b", {}, s.state === "pending" ? "Silence to come" : "Silenced"), `: ${scope(s)}`,
    s.state === "pending" ? ` from ${moment(s.starts_at, now)}` : "", ` until ${moment(s.ends_at, now)}`,
    element("small", {}, ` · ${s.comment} · ${s.by}, ${s.id} `),
    button("End", "End this silence now", () => tell("DELETE", `api/v1/silences/${encodeURIComponent(s.id)}`, null, `contagiond silence end ${s.id}`)))));
  const more = state.silences_active - state.silences.filter((s) => s.state === "active").length;
  const rest = box.querySelector("p");
  rest.hidden = more <= 0;
  rest.textContent = `and ${more} more in force`;
}

// ---- alerts ----

/** What stands on an alert beside its document: who looks after it, whether it was sent, and what can be done. */
export function alertMarks(state, data) {
  if (!state) return [];
  const acknowledged = state.acknowledged.find((row) => row.id === data.id);
  const silenced = state.silenced.find((row) => row.id === data.id);
  const path = `api/v1/alerts/${encodeURIComponent(data.id)}/ack`;
  const marks = [];
  if (silenced) marks.push(element("p", {class: "mark-silenced"}, `Not sent: silenced (${silenced.silence})`));
  if (acknowledged) marks.push(element("p", {class: "mark-acknowledged"},
    `✓ ${acknowledged.by} looks after it since ${f.time(acknowledged.at, "utcMinute")} UTC`,
    acknowledged.comment ? `: ${acknowledged.comment}` : "", " ",
    button("Undo", "Take the acknowledgement back", () => tell("DELETE", path, null, `contagiond ack ${data.id} --undo`))));
  const todo = [];
  if (!acknowledged && data.status !== "resolved") todo.push(button("Acknowledge", "Tell everybody that you look after it",
    () => tell("POST", path, {}, `contagiond ack ${data.id}`)));
  if (!silenced && data.status !== "resolved") todo.push(button("Silence 1 h", "Send no alert of this rule for an hour", () => {
    const rule = f.ruleWord[data.rule] || data.rule;
    if (window.confirm(`Send no alert of the rule “${rule}” for one hour? Alerts are still stored and shown here.`))
      tell("POST", "api/v1/silences", {rule: data.rule, for: "1h", comment: `from the page, at ${data.id}`},
        `contagiond silence add --rule=${data.rule} --for=1h --comment=…`);
  }));
  if (todo.length) marks.push(element("p", {class: "todo"}, ...todo));
  return marks;
}

// ---- notes ----

export function showNotes(state) {
  const notes = state.annotations.slice(0, notesShown);
  const list = byId("notes");
  const now = f.milliseconds(state.now);
  list.hidden = notes.length === 0;
  list.replaceChildren(...notes.map((note) => element("li", {},
    element("b", {}, moment(note.time, now)), ` ${note.text}`,
    element("small", {}, ` ${[...note.symbols, ...note.tags.map((tag) => `#${tag}`), note.by].join(" · ")}`))));
}
