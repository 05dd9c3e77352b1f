// Delivery: whether alerts reach people, webhook by webhook, and the lanes inside the daemon.
import type {Polled} from "../link/poll";
import type {SinkStatus} from "../model/api";
import * as f from "../model/format";
import {isWebhook, reasonOf, webhooks, type Webhook} from "./delivery_words";
import {Fact, Lamp, OpsPanel} from "./panel";
import * as u from "./units";

const lampOf = {working: "good", unproven: "warn", throttled: "warn", late: "bad", broken: "bad"} as const;
const word = {working: "working", unproven: "nothing accepted yet", throttled: "throttled", late: "late", broken: "broken"} as const;

function Row({hook, wall}: {hook: Webhook; wall: number}) {
  const {row, state, pending, waitsS, throttledS} = hook;
  const until = f.milliseconds(row.throttled_until);
  const lastError = row.last_error;
  return (
    <tr data-sink={row.name} data-state={state}>
      <th scope="row"><b>{row.name}</b><small class="quiet">{row.format ?? ""}</small></th>
      <td class="left">
        <Lamp tone={lampOf[state]}>{word[state]}</Lamp>
        {state !== "working" && reasonOf(row) && <small class="bad">{reasonOf(row)}</small>}
      </td>
      <td class="number" data-value={pending}>{u.count(pending)}</td>
      <td class="number" data-value={waitsS ?? ""}>{pending === 0 ? <span class="quiet">none</span> : f.span(waitsS)}</td>
      <td class="left error" title={lastError === undefined ? "This daemon does not tell it." : undefined}>
        {lastError === undefined ? f.none : lastError || <span class="quiet">none</span>}
      </td>
      <td class="number" data-value={row.throttled_until ?? ""} title={row.throttled_until === undefined ? "This daemon does not tell it." : undefined}>
        {row.throttled_until === undefined ? f.none : until === null || until <= wall ? <span class="quiet">not now</span>
          : <>{`${f.time(until, "utc")} UTC`}<small class="quiet">{`${f.span(throttledS)} more`}</small></>}
      </td>
      <td class="number" data-value={row.accepted ?? ""}>{u.count(row.accepted)}</td>
      <td class="number" data-value={row.attempts ?? ""}>{u.count(row.attempts)}</td>
      <td class={`number ${row.silenced ? "" : "quiet"}`} data-value={row.silenced ?? ""}>{u.count(row.silenced)}</td>
      <td class={`number ${row.dead ? "doubt-figure" : "quiet"}`} data-value={row.dead ?? ""}>{u.count(row.dead)}</td>
    </tr>
  );
}

function Nobody({mode}: {mode: string}) {
  return (
    <p id="nobody" class={mode === "live" ? "bad" : "quiet"}>
      {mode === "live" ? "Nobody is notified: no webhook is configured. Alerts are shown on this page only."
        : `Nobody is notified: in a ${mode} alerts are sent only where that is asked for.`}
    </p>
  );
}

/** `wall`: the daemon's clock, milliseconds. */
export function Delivery({polled, mode, now, wall}: {polled: Polled<SinkStatus[]>; mode: string; now: number; wall: number}) {
  const rows = Array.isArray(polled.data) ? polled.data : [];
  const hooks = webhooks(rows, wall);
  const lanes = rows.filter((row) => !isWebhook(row));
  return (
    <OpsPanel id="ops-delivery" title="Delivery" span={12} polled={[polled]} now={now}>
      {rows.map((row) => row.warning && <p class="bad" key={row.name}>{`${row.warning.charAt(0).toUpperCase()}${row.warning.slice(1)}.`}</p>)}
      {polled.data !== null && hooks.length === 0 && <Nobody mode={mode} />}
      {hooks.length > 0 &&
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of webhooks">
          <table>
            <thead>
              <tr>
                <th scope="col" class="left">Webhook</th><th scope="col" class="left">State</th><th scope="col">Pending</th>
                <th scope="col">Oldest waits</th><th scope="col" class="left error">Last error</th><th scope="col">Throttled until</th>
                <th scope="col">Accepted</th><th scope="col">Attempts</th><th scope="col">Silenced</th><th scope="col">Given up</th>
              </tr>
            </thead>
            <tbody>{hooks.map((hook) => <Row key={hook.row.name} hook={hook} wall={wall} />)}</tbody>
          </table>
        </div>}
      {lanes.length > 0 &&
        <>
          <h3>Events dropped on their way inside the daemon</h3>
          <dl class="facts lanes">
            {lanes.map((row) => (
              <Fact key={row.name} name={row.name.replace(/_/g, " ")} value={row.dropped}>
                <span class={row.dropped ? "doubt-figure" : ""}>{u.count(row.dropped)}</span>
                {row.durable !== undefined && <small class={row.durable ? "quiet" : "bad"}>{row.durable ? "on disk" : "not on disk"}</small>}
              </Fact>
            ))}
          </dl>
        </>}
    </OpsPanel>
  );
}
