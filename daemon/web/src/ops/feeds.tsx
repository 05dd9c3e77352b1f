// The feeds: who speaks, how lately, how fast, and what was lost on the way.
import type {Polled} from "../link/poll";
import type {FeedStatus, State} from "../model/api";
import * as f from "../model/format";
import {feedsOf, healthWord, type Feed} from "./feed_words";
import {Lamp, Meter, OpsPanel} from "./panel";
import * as u from "./units";

const lampOf = {up: "good", quiet: "off", silent: "bad", closed: "off", down: "bad"} as const;

function Age({feed}: {feed: Feed}) {
  const {row, ageS, boundS, health} = feed;
  if (ageS === null) return <>none yet</>;
  const over = health === "silent";
  const text = boundS === null ? u.age(ageS) : `${u.age(ageS)} of ${f.span(boundS)}`;
  return (
    <>
      <span class="age-line">
        {text}
        {boundS !== null && <Meter label={`Silence of ${row.name}`} share={ageS / boundS} text={text} over={over} />}
      </span>
      {over && <small class="bad">silent beyond its bound</small>}
      {boundS === null && <small class="quiet">{row.silence_after_s === undefined ? "bound not told" : "no bound: quiet hours are normal"}</small>}
    </>
  );
}

/** A quantile is unknown before anything was measured, and above the last bound of the histogram. */
function Latency({value, ticks}: {value: number | null | undefined; ticks: number}) {
  const why = value === undefined ? "This daemon does not tell it." : value === null ? (ticks > 0 ? "Nothing measured yet, or above 30 s." : "No tick yet.") : undefined;
  return <td class="number" data-value={value ?? ""} title={why}>{u.duration(value)}</td>;
}

/** A counter of what should not happen: quiet while it is zero. */
function Fault({value}: {value: number | undefined}) {
  return <td class={`number ${value ? "doubt-figure" : "quiet"}`} data-value={value ?? ""}>{u.count(value)}</td>;
}

function Row({feed, since}: {feed: Feed; since: string | null}) {
  const {row, health, perSecond} = feed;
  return (
    <tr data-feed={row.name} data-health={health}>
      <th scope="row"><b>{row.name}</b><small class="quiet">{row.venue}</small></th>
      <td class="left">
        <Lamp tone={lampOf[health]}>{healthWord[health]}</Lamp>
        {since && <small class="quiet">{`since ${f.time(since, "utc")} UTC`}</small>}
        {row.refused > 0 && <small class="bad">{`${u.counted(row.refused, "symbol")} refused`}</small>}
      </td>
      <td class="left age" data-value={feed.ageS ?? ""}><Age feed={feed} /></td>
      <td class="number" data-value={perSecond ?? ""} title={perSecond === null ? "Known after the second look." : undefined}>{u.rate(perSecond)}</td>
      <td class="number" data-value={row.ticks}>{u.count(row.ticks)}</td>
      <Latency value={row.latency_p50_s} ticks={row.ticks} />
      <Latency value={row.latency_p99_s} ticks={row.ticks} />
      <Fault value={row.sequence_gaps} />
      <td class="number quiet" data-value={row.duplicates}>{u.count(row.duplicates)}</td>
      <Fault value={row.parse_errors} />
      <Fault value={row.reconnects} />
      <Fault value={row.clock_skew_ticks} />
    </tr>
  );
}

export function Feeds({polled, live, now}: {polled: Polled<FeedStatus[]>; live: State | null; now: number}) {
  const feeds = feedsOf(polled, live);
  return (
    <OpsPanel id="ops-feeds" title="Feeds" span={12} polled={[polled]} now={now}>
      {polled.data !== null && feeds.length === 0 && <p class="quiet">No feed is configured.</p>}
      {feeds.length > 0 &&
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of feeds">
          <table>
            <thead>
              <tr>
                <th scope="col" class="left">Feed</th><th scope="col" class="left">State</th>
                <th scope="col" class="left">Last message</th><th scope="col">Messages/s</th><th scope="col">Ticks</th>
                <th scope="col" title="From the venue's stamp to our receiving it">Latency p50</th><th scope="col">p99</th>
                <th scope="col">Gaps</th><th scope="col">Duplicates</th><th scope="col">Unreadable</th><th scope="col">Reconnects</th>
                <th scope="col" title="Ticks stamped ahead of our clock">Skewed stamps</th>
              </tr>
            </thead>
            <tbody>
              {feeds.map((feed) => {
                const since = feed.health === "down" ? live?.feeds.find(({name}) => name === feed.row.name)?.since ?? null : null;
                return <Row key={feed.row.name} feed={feed} since={since} />;
              })}
            </tbody>
          </table>
        </div>}
      <p class="quiet">
        Counters run since the daemon was started; the rate is of the last few seconds.
        {live?.mode === "demo" && " Latencies are in the demo's seconds, which may be shorter than real ones."}
      </p>
    </OpsPanel>
  );
}
