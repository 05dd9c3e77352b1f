// The stripe of silences: of which alerts nobody is told, until when, and who said so.
import {tell} from "../link/tell";
import type {Silence} from "../model/api";
import * as f from "../model/format";
import {useStore} from "../model/store";
import {Act} from "./alert_row";
import {clockTime} from "./session_words";
import "./silences.css";

const scope = ({rule, target, everything}: Silence): string =>
  everything ? "every alert" : [rule && (f.ruleWord[rule] ?? rule), target && `on ${target}`].filter(Boolean).join(" ");

export function Silences() {
  const {live} = useStore("silences", "silences_active");
  if (!live || live.silences.length === 0) return null;
  const now = f.milliseconds(live.now);
  const more = live.silences_active - live.silences.filter(({state}) => state === "active").length;
  return (
    <div id="silences" class="stripe stripe-note silences" role="status">
      <ul>
        {live.silences.map((s) => (
          <li key={s.id} data-id={s.id} data-state={s.state}>
            <b>{s.state === "pending" ? "Silence to come" : "Silenced"}</b>{`: ${scope(s)}`}
            {s.state === "pending" ? ` from ${clockTime(s.starts_at, now)}` : ""}{` until ${clockTime(s.ends_at, now)}`}
            <small>{` · ${s.comment} · ${s.by}, ${s.id} `}</small>
            <Act text="End" title="End this silence now"
              act={() => tell("DELETE", `api/v1/silences/${encodeURIComponent(s.id)}`, null, `contagiond silence end ${s.id}`)} />
          </li>
        ))}
      </ul>
      {more > 0 && <p>{`and ${more} more in force`}</p>}
    </div>
  );
}
