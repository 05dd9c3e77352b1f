// The engine: how long a tick takes to a decision, whether the loop runs, and how full its ring is.
import type {Polled} from "../link/poll";
import type {EngineStatus} from "../model/api";
import * as f from "../model/format";
import {engineStandsAfterS, ringNearlyFull} from "./limits";
import {Fact, Lamp, Meter, OpsPanel} from "./panel";
import * as u from "./units";

/** Null with ticks behind it lies above the last bound of the histogram. */
const quantile = (value: number | null, count: number): string => (value !== null ? u.duration(value) : count > 0 ? "over 1 s" : "no tick yet");

export function Engine({polled, now}: {polled: Polled<EngineStatus>; now: number}) {
  const engine = polled.data;
  return (
    <OpsPanel id="ops-engine" title="Engine" span={6} polled={[polled]} now={now}>
      {polled.absent && <p class="quiet">This daemon does not tell of its engine.</p>}
      {engine &&
        <dl class="facts">
          <Fact name="Tick to decision, p50" value={engine.tick_to_decision.p50_s}>{quantile(engine.tick_to_decision.p50_s, engine.tick_to_decision.count)}</Fact>
          <Fact name="Tick to decision, p99" value={engine.tick_to_decision.p99_s}>
            {quantile(engine.tick_to_decision.p99_s, engine.tick_to_decision.count)}
            <small class="quiet">{`of ${u.counted(engine.tick_to_decision.count, "tick")}`}</small>
          </Fact>
          <Fact name="Last loop" value={engine.loop_age_s}>
            {engine.loop_age_s === null ? <Lamp tone="bad">has not run yet</Lamp>
              : engine.loop_age_s >= engineStandsAfterS ? <Lamp tone="bad">{`stands still for ${f.span(engine.loop_age_s)}`}</Lamp>
              : <Lamp tone="good">{engine.loop_age_s < 0.1 ? "just now" : `${u.age(engine.loop_age_s)} ago`}</Lamp>}
          </Fact>
          {engine.rings.map((ring) => {
            const share = ring.slots > 0 ? ring.used / ring.slots : 0;
            const text = `${u.count(ring.used)} of ${u.count(ring.slots)} slots`;
            return (
              <Fact key={ring.name} name={`Ring ${ring.name}`} value={ring.used}>
                <span class="age-line">{text}<Meter label={`Use of the ring ${ring.name}`} share={share} text={text} over={share >= ringNearlyFull} /></span>
                <small class={ring.dropped > 0 ? "bad" : "quiet"} data-dropped={ring.dropped}>{ring.dropped > 0 ? `${u.counted(ring.dropped, "tick")} dropped` : "none dropped"}</small>
              </Fact>
            );
          })}
        </dl>}
    </OpsPanel>
  );
}
