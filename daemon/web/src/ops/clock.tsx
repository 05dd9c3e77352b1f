// Clocks and sessions: the daemon's clock against this browser's, and which markets are open.
import type {Polled} from "../link/poll";
import type {EngineStatus, SessionState, State} from "../model/api";
import * as f from "../model/format";
import {Fact, Lamp, OpsPanel} from "./panel";
import * as u from "./units";

const agreesWithinMs = 1000;
const offMs = 5000;

export function offset(ms: number | null): string {
  if (ms === null) return "not known";
  if (Math.abs(ms) < agreesWithinMs) return "agrees with this browser's";
  return `${u.age(Math.abs(ms) / 1000)} ${ms > 0 ? "ahead of" : "behind"} this browser's`;
}

const sessionWord: Record<string, string> = {regular: "open", pre: "before the open", post: "after the close", closed: "closed", always: "always open"};
const lampOf = (state: string | null) => (state === "regular" || state === "always" ? "good" : state === "pre" || state === "post" ? "warn" : "off");

/** With the day, where it is another than the one of `now`. */
function when(time: string | null, now: string | null): string {
  if (time === null) return f.none;
  const day = f.date(time) === f.date(now) ? "" : `${f.date(time)}, `;
  return `${day}${f.time(time, "nyMinute")} New York · ${f.time(time, "utcMinute")} UTC`;
}

function Sessions({rows, now}: {rows: SessionState[]; now: string | null}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Sessions">
      <table>
        <thead><tr><th scope="col" class="left">Calendar</th><th scope="col" class="left">State</th><th scope="col" class="left">Until</th><th scope="col" class="left">Symbols</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.calendar} data-calendar={row.calendar} data-state={row.state ?? ""}>
              <th scope="row">{row.calendar}</th>
              <td class="left">
                <Lamp tone={lampOf(row.state)}>{row.state === null ? "not known" : sessionWord[row.state] ?? row.state}</Lamp>
                {row.holidays_known === false && <small class="doubt">its holidays are not known</small>}
              </td>
              <td class="left">{row.state === "always" ? "no end" : when(row.until, now)}</td>
              <td class="left quiet symbols">{row.symbols.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Clock({polled, live, offMsKnown, now}: {polled: Polled<EngineStatus>; live: State; offMsKnown: number | null; now: number}) {
  const clock = polled.data?.clock;
  const wall = clock?.wall ?? live.wall ?? null;
  return (
    <OpsPanel id="ops-clock" title="Sessions and clock" span={6} polled={[polled]} now={now}>
      <dl class="facts">
        <Fact name="Daemon's clock" value={wall}>{wall === null ? "not told" : `${f.time(wall, "utc")} UTC`}<small class="quiet">{f.date(wall)}</small></Fact>
        <Fact name="Against this browser's" value={offMsKnown}>
          <Lamp tone={offMsKnown === null ? "off" : Math.abs(offMsKnown) >= offMs ? "bad" : Math.abs(offMsKnown) >= agreesWithinMs ? "warn" : "good"}>{offset(offMsKnown)}</Lamp>
        </Fact>
        <Fact name={live.mode === "live" ? "Engine's clock" : "Market time"} value={live.now}>{live.now === null ? "nothing came yet" : `${f.time(live.now, "utc")} UTC`}<small class="quiet">{f.date(live.now)}</small></Fact>
        {clock && <Fact name="Clock was set" value={clock.steps}>{clock.steps === 0 ? "never since the start" : u.counted(clock.steps, "time")}</Fact>}
        {clock && <Fact name="Skewed stamps" value={clock.skewed_ticks} title="Ticks that a venue stamped ahead of our clock">{u.counted(clock.skewed_ticks, "tick")}</Fact>}
      </dl>
      {live.sessions ? <Sessions rows={live.sessions} now={live.now} /> : <p class="quiet">This daemon does not tell of sessions.</p>}
    </OpsPanel>
  );
}
