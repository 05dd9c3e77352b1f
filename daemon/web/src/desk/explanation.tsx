// Why one alert fired: the panel for the alert that the address names, #/alerts/<id>, which is also
// where the link in an alert leads.
import {useEffect, useState} from "preact/hooks";

import {fetchData} from "../link/fetch";
import type {AlertExplanation} from "../model/api";
import * as f from "../model/format";
import {useRoute} from "../page/route";
import "./explanation.css";

const moment = (time: string | null, detected: string): string => {
  if (time === null) return f.none;
  return (f.date(time) === f.date(detected) ? "" : `${f.date(time)} `) + f.time(time);
};

function Conditions({told}: {told: AlertExplanation}) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Conditions of the alert">
      <table id="conditions" aria-labelledby="explanation-title">
        <thead><tr>
          {["Condition", "It was", "Asked", "To spare", "Held since (UTC)", "Prevented by"].map((text) => <th scope="col" key={text}>{text}</th>)}
        </tr></thead>
        <tbody>
          {told.conditions.map((row) => (
            <tr key={row.condition} class={row.last_to_hold ? "last" : undefined} data-condition={row.condition}>
              <th scope="row">{row.label}{row.meaning ? <small class="quiet">{row.meaning}</small> : null}</th>
              <td class="number">{row.value_text}</td>
              <td class="number">{row.asked_text}</td>
              <td class="number">{row.margin_text || f.none}</td>
              <td class="number">{moment(row.held_since, told.detected_at)}{row.last_to_hold ? <small>last to come true</small> : null}</td>
              <td class="prevention">{row.prevention}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Facts({told}: {told: AlertExplanation}) {
  return (
    <dl>
      {told.also.map((fact) => (
        <div key={fact.name}>
          <dt>{fact.name}</dt>
          <dd>{fact.text}{fact.since === null ? null : <small>{`since ${moment(fact.since, told.detected_at)} UTC`}</small>}</dd>
        </div>
      ))}
    </dl>
  );
}

function Preventions({told}: {told: AlertExplanation}) {
  const factor = told.threshold_factor;
  return (
    <ul>
      {told.prevention.map(({text, condition}) => {
        const row = told.conditions.find((it) => it.condition === condition);
        return <li key={condition}><b>{text}</b>{row && <small>{`${row.label}: ${row.asked_text}`}</small>}</li>;
      })}
      {factor.prevented_above !== null && (
        <li>
          <b>{`threshold_factor above ${(Math.ceil(factor.prevented_above * 1000) / 1000).toFixed(3)}`}</b>
          <small>{`it was ${factor.now}`}</small>
        </li>
      )}
    </ul>
  );
}

function Told({told}: {told: AlertExplanation}) {
  const when = `${f.date(told.detected_at)}, ${f.time(told.detected_at, "ny")} New York · ${f.time(told.detected_at)} UTC`;
  return (
    <>
      <p class="title">{told.title}</p>
      <p class="when">
        {when + (told.known ? ` · decided on ${told.target}, score ${f.figure(told.score)} (an alert opens from ${f.figure(told.enter_score)})` : "")}
      </p>
      {told.conditions.length > 0 ? (
        <>
          <Conditions told={told} />
          <p class="why-then">{told.why_then}</p>
          <div class="causes">
            <div class="cause"><h3>What else had to be true</h3><Facts told={told} /></div>
            <div class="cause"><h3>What would have prevented it</h3><Preventions told={told} /><p class="quiet">{told.note}</p></div>
          </div>
        </>
      ) : (
        <><p>{told.note}</p><div class="cause"><Facts told={told} /></div></>
      )}
    </>
  );
}

type Answer = {id: string; told: AlertExplanation | null};

export function Explanation() {
  const {alert} = useRoute();
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    if (alert === null) return;
    let gone = false;
    void fetchData<AlertExplanation>(`api/v1/alerts/${encodeURIComponent(alert)}/explain`).then((told) => {
      if (!gone) setAnswer({id: alert, told});
    });
    return () => {
      gone = true;
    };
  }, [alert]);
  if (alert === null) return null;
  const known = answer?.id === alert ? answer : null;
  return (
    <section id="explanation" class="panel explanation" aria-labelledby="explanation-title" data-id={alert}>
      <a class="close" href="#/" aria-label="Close, and back to live">×</a>
      <h2 id="explanation-title">Why this alert fired</h2>
      <div id="explanation-body">
        {known === null ? <p class="quiet">Loading …</p>
          : known.told ? <Told told={known.told} />
          : <p class="quiet">{`This monitor knows no alert ${alert}: it was started anew, or has kept younger ones. contagiond explain tells it from the journal.`}</p>}
      </div>
    </section>
  );
}
