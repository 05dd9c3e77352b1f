// Why one alert fired: the panel for the alert that the address names, #/alerts/<id>, which is also
// where the link in an alert leads.
import * as f from "./format.js";
import {fetchData} from "./stream.js";
import {element} from "./view.js";

const panel = document.getElementById("explanation");
const body = document.getElementById("explanation-body");

/** The id in the address, or null. */
export function selected() {
  const match = /^#\/alerts\/([0-9A-Za-z]+)$/.exec(location.hash);
  return match ? match[1] : null;
}

export const address = (id) => `#/alerts/${encodeURIComponent(id)}`;

const moment = (time, detected) => {
  if (!time) return f.none;
  const day = f.date(time) === f.date(detected) ? "" : `${f.date(time)} `;
  return `${day}${f.time(time)}`;
};

function conditionsTable(told) {
  const head = element("tr", {}, ...["Condition", "It was", "Asked", "To spare", "Held since (UTC)", "Prevented by"]
    .map((text) => element("th", {scope: "col"}, text)));
  const rows = told.conditions.map((row) =>
    element("tr", {class: row.last_to_hold ? "last" : null},
      element("th", {scope: "row"}, row.label, row.meaning ? element("small", {class: "quiet"}, row.meaning) : null),
      element("td", {class: "number"}, row.value_text),
      element("td", {class: "number"}, row.asked_text),
      element("td", {class: "number"}, row.margin_text || f.none),
      element("td", {class: "number"}, moment(row.held_since, told.detected_at),
        row.last_to_hold ? element("small", {}, "last to come true") : null),
      element("td", {class: "prevention"}, row.prevention)));
  return element("div", {class: "scroll"},
    element("table", {id: "conditions", "aria-labelledby": "explanation-title"},
      element("thead", {}, head), element("tbody", {}, ...rows)));
}

function facts(told) {
  return element("dl", {}, ...told.also.map((fact) =>
    element("div", {}, element("dt", {}, fact.name),
      element("dd", {}, fact.text, fact.since ? element("small", {}, `since ${moment(fact.since, told.detected_at)} UTC`) : null))));
}

function preventions(told) {
  const factor = told.threshold_factor;
  const rows = told.prevention.map(({text, condition}) => {
    const {label, asked_text} = told.conditions.find((row) => row.condition === condition);
    return element("li", {}, element("b", {}, text), element("small", {}, `${label}: ${asked_text}`));
  });
  if (factor.prevented_above !== null)
    rows.push(element("li", {}, element("b", {}, `threshold_factor above ${(Math.ceil(factor.prevented_above * 1000) / 1000).toFixed(3)}`),
      element("small", {}, `it was ${factor.now}`)));
  return element("ul", {}, ...rows);
}

function show(told) {
  const parts = [
    element("p", {class: "title"}, told.title),
    element("p", {class: "when"}, `${f.date(told.detected_at)}, ${f.time(told.detected_at, "ny")} New York · ${f.time(told.detected_at)} UTC` +
      (told.known ? ` · decided on ${told.target}, score ${f.figure(told.score)} (an alert opens from ${f.figure(told.enter_score)})` : "")),
  ];
  if (told.conditions.length)
    parts.push(conditionsTable(told), element("p", {class: "why-then"}, told.why_then),
      element("div", {class: "links"},
        element("div", {class: "link"}, element("h3", {}, "What else had to be true"), facts(told)),
        element("div", {class: "link"}, element("h3", {}, "What would have prevented it"), preventions(told),
          element("p", {class: "quiet"}, told.note))));
  else parts.push(element("p", {}, told.note), element("div", {class: "link"}, facts(told)));
  body.replaceChildren(...parts);
}

/** Shows what the address asks for; `onChange` is told the id, or null. */
export function follow(onChange) {
  let shown = null;
  const update = async () => {
    const id = selected();
    onChange(id);
    panel.hidden = id === null;
    if (id === null || id === shown) return;
    shown = id;
    body.replaceChildren(element("p", {class: "quiet"}, "Loading …"));
    const told = await fetchData(`api/v1/alerts/${encodeURIComponent(id)}/explain`);
    if (selected() !== id) return;
    if (told) {
      show(told);
    } else {
      shown = null;
      body.replaceChildren(element("p", {class: "quiet"},
        `This monitor knows no alert ${id}: it was started anew, or has kept younger ones. contagiond explain tells it from the journal.`));
    }
    panel.scrollIntoView({block: "nearest"});
  };
  window.addEventListener("hashchange", update);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && selected() !== null) location.hash = "#/";
  });
  update();
}
