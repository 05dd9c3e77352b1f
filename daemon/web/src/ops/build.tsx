// Build and process: which program this is, since when it runs and what it takes.
import type {Polled} from "../link/poll";
import type {BuildInfo, EngineStatus, State} from "../model/api";
import * as f from "../model/format";
import {descriptorsNearlyGone} from "./limits";
import {Fact, Meter, OpsPanel} from "./panel";
import * as u from "./units";

interface Props {
  build: Polled<BuildInfo>;
  engine: Polled<EngineStatus>;
  live: State;
  now: number;
  wall: number; // the daemon's clock, milliseconds
}

export function Build({build, engine, live, now, wall}: Props) {
  const info = build.data, process = engine.data?.process;
  const started = f.milliseconds(engine.data?.started_at);
  const {open_fds, max_fds} = process ?? {open_fds: null, max_fds: null};
  const descriptors = `${u.count(open_fds)} of ${u.count(max_fds)}`;
  const isNearlyGone = open_fds !== null && max_fds !== null && open_fds >= max_fds * descriptorsNearlyGone;
  return (
    <OpsPanel id="ops-build" title="Build and process" span={6} polled={[engine]} now={now}>
      <dl class="facts">
        <Fact name="Version" value={info?.version ?? live.version}>{info?.version ?? live.version}</Fact>
        <Fact name="Revision" value={info?.revision}>{info ? <code>{info.revision}</code> : "not known"}</Fact>
        <Fact name="Compiler" value={info?.compiler}>{info?.compiler ?? "not known"}</Fact>
        <Fact name="Instance" value={live.instance}>{live.instance || "without a name"}</Fact>
        <Fact name="Up for" value={started === null ? null : (wall - started) / 1000}>
          {started === null ? "not told" : <>{f.span((wall - started) / 1000)}<small class="quiet">{`since ${f.time(started, "utc")} UTC, ${f.date(started)}`}</small></>}
        </Fact>
        {process && <Fact name="Processor time" value={process.cpu_s}>{process.cpu_s === null ? "not known" : u.duration(process.cpu_s)}</Fact>}
        {process && <Fact name="Memory" value={process.resident_bytes}>{process.resident_bytes === null ? "not known" : u.bytes(process.resident_bytes)}</Fact>}
        {process &&
          <Fact name="File descriptors" value={open_fds}>
            <span class="age-line">
              {descriptors}
              {open_fds !== null && max_fds !== null &&
                <Meter label="File descriptors in use" share={open_fds / max_fds} text={descriptors} over={isNearlyGone} />}
            </span>
          </Fact>}
      </dl>
    </OpsPanel>
  );
}
