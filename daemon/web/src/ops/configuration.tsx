// The configuration in force: which, since when, whether its last reload went well, and all of it on demand.
import {useEffect, useState} from "preact/hooks";

import {ask, type Answer, type Polled} from "../link/poll";
import type {EngineStatus} from "../model/api";
import * as f from "../model/format";
import {Fact, Lamp, OpsPanel} from "./panel";

/** Asked for when it is opened, each time anew: it may have been reloaded. */
function Resolved({sha}: {sha: string | null}) {
  const [isOpen, open] = useState(false);
  const [answer, take] = useState<Answer<{yaml: string}> | null>(null);
  useEffect(() => {
    if (!isOpen) return;
    const ended = new AbortController();
    void ask<{yaml: string}>("api/v1/status/config", ended.signal).then((it) => {
      if (!ended.signal.aborted) take(it);
    });
    return () => ended.abort();
  }, [isOpen, sha]);
  return (
    <details id="resolved" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>All of it, as it was resolved (without secrets)</summary>
      {isOpen && (answer === null ? <p class="quiet">Asking …</p>
        : answer.kind === "data" ? <pre tabIndex={0} aria-label="Resolved configuration">{answer.data.yaml}</pre>
        : <p class="doubt">{answer.kind === "absent" ? "This daemon does not tell it." : `The daemon ${answer.why}.`}</p>)}
    </details>
  );
}

export function Configuration({polled, now}: {polled: Polled<EngineStatus>; now: number}) {
  const config = polled.data?.config;
  const at = (time: string | null) => <>{`${f.time(time, "utc")} UTC`}<small class="quiet">{f.date(time)}</small></>;
  return (
    <OpsPanel id="ops-configuration" title="Configuration" span={12} polled={[polled]} now={now}>
      {polled.absent && <p class="quiet">This daemon does not tell when it was loaded.</p>}
      {config &&
        <>
          <dl class="facts">
            <Fact name="Loaded" value={config.loaded_at}>{config.loaded_at === null ? "not known" : at(config.loaded_at)}</Fact>
            <Fact name="Last reload" value={config.last_reload_ok}>
              {config.last_reload_ok === null ? "nobody tried since the start"
                : <><Lamp tone={config.last_reload_ok ? "good" : "bad"}>{config.last_reload_ok ? "went well" : "failed: the old one is in force"}</Lamp>
                  {config.last_reload_at && <small class="quiet">{`${f.time(config.last_reload_at, "utc")} UTC, ${f.date(config.last_reload_at)}`}</small>}</>}
            </Fact>
            <Fact name="SHA-256" value={config.sha256}>{config.sha256 === null ? "not known" : <code>{config.sha256}</code>}</Fact>
          </dl>
          {config.warnings.length === 0 ? <p class="quiet">No warnings.</p>
            : <ul class="config-warnings">{config.warnings.map((text) => <li key={text}><Lamp tone="warn">{text}</Lamp></li>)}</ul>}
        </>}
      <Resolved sha={config?.sha256 ?? null} />
    </OpsPanel>
  );
}
