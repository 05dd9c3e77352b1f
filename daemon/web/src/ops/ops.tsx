// The second view, for who runs the daemon: is the monitor itself sound. Asked for only while it is shown.
import {usePoll} from "../link/poll";
import type {BuildInfo, EngineStatus, FeedStatus, SinkStatus} from "../model/api";
import {freshness} from "../model/freshness";
import {useStore} from "../model/store";
import {useSeconds} from "../page/use_seconds";
import {Build} from "./build";
import {Clock} from "./clock";
import {Configuration} from "./configuration";
import {Delivery} from "./delivery";
import {Engine} from "./engine";
import {Feeds} from "./feeds";
import {judge, type Judgement} from "./judge";
import {pollEveryMs} from "./limits";
import {PageLink} from "./link";
import "./ops.css";

const buildEveryMs = 60000;
const toneWord = {good: "Sound", note: "Note", warn: "Look", bad: "Trouble"} as const;

function Summary({judgement}: {judgement: Judgement}) {
  return (
    <section class="ops-summary" id="ops-summary" data-tone={judgement.tone} aria-labelledby="ops-title">
      <h2 id="ops-title">{toneWord[judgement.tone]}</h2>
      <p class="ops-sentence">{judgement.sentence}</p>
      {/* Ages in the sentence change every second: only the verdict is read out by itself. */}
      <p class="spoken" role="status">{toneWord[judgement.tone]}</p>
      {judgement.more.length > 0 && <ul>{judgement.more.map(({tone, text}) => <li key={text} data-tone={tone}>{text}</li>)}</ul>}
    </section>
  );
}

export function Ops() {
  const {live, link, clock} = useStore("feeds", "sessions", "link", "mode");
  const feeds = usePoll<FeedStatus[]>("api/v1/status/feeds", pollEveryMs);
  const sinks = usePoll<SinkStatus[]>("api/v1/status/sinks", pollEveryMs);
  const engine = usePoll<EngineStatus>("api/v1/status/engine", pollEveryMs);
  const build = usePoll<BuildInfo>("api/v1/status/buildinfo", buildEveryMs);
  useSeconds();
  if (!live) return null;
  const now = Date.now();
  const wall = now + (clock.ms ?? 0);
  const fresh = freshness(link, live, now);
  return (
    <main class="ops">
      <Summary judgement={judge({live, feeds, sinks, engine, fresh, now, wall})} />
      <Feeds polled={feeds} live={live} now={now} />
      <Delivery polled={sinks} mode={live.mode} now={now} wall={wall} />
      <Engine polled={engine} now={now} />
      <PageLink link={link} fresh={fresh} now={now} />
      <Clock polled={engine} live={live} offMsKnown={clock.ms} now={now} />
      <Build build={build} engine={engine} live={live} now={now} wall={wall} />
      <Configuration polled={engine} now={now} />
    </main>
  );
}
