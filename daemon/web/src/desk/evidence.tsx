// The evidence: what ties source and target beyond a common fall, and each series against its own
// habits. Every verdict in words, its figures beside it.
import * as f from "../model/format";
import type {Link, SeriesHabit, State, TickCorrelation} from "../model/api";
import {store, useShown} from "../model/store";
import {answersOf, convincing, isMeasured, jumpChance} from "./evidence_words";
import {NotKept, Scroll} from "./panel_parts";
import {signOf} from "./words";
import "./evidence.css";

function LinkCard({link, ticks}: {link: Link; ticks: TickCorrelation | undefined}) {
  return (
    <article class={link.tainted ? "link tainted" : "link"} data-source={link.source} data-target={link.target}
      data-partial={link.partial ?? ""} data-change-z={link.change_z ?? ""}>
      <h3>{`${link.source} → ${link.target}`}{link.tainted && <small class="doubt"> ⚠ data with gaps</small>}</h3>
      {!isMeasured(link, ticks) ? <p class="quiet">Not measured yet.</p> : (
        <dl>
          {answersOf(link, ticks).map(({question, verdict, figures, isStrong}) => (
            <div key={question}>
              <dt>{question}</dt>
              <dd class={verdict === null ? "unknown" : isStrong ? "strong" : undefined}>
                {verdict ?? "not known"}{figures && <small>{figures}</small>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}

function Links() {
  const state = useShown("links", "tick_correlations", "moment");
  if (!state) return null;
  return (
    <div id="links">
      {store.moment ? <NotKept what="What ties source and target" />
        : state.links.map((link) => (
          <LinkCard key={`${link.source} ${link.target}`} link={link}
            ticks={state.tick_correlations.find((row) => row.source === link.source && row.target === link.target)} />
        ))}
    </div>
  );
}

const columns: [string, string][] = [
  ["24 h", "Change over the last 24 hours"],
  ["Last 15 min", "In the swings usual before"],
  ["Last minute", "In the swings usual at this time of day; a jump is told where chance gives one in fewer than one session of a hundred"],
  ["A bet on a fall", "What a stake of 1 has become that was bet, minute by minute, on a price that drifts down; from 20 on it convinces"],
];

function Sigma({value, note, isStrong}: {value: number | null; note: string; isStrong: boolean}) {
  return (
    <td class={`number ${value !== null && isStrong ? signOf(value) : ""}`} data-value={value ?? ""}>
      {value === null ? f.none : `${f.signedFigure(value, 1)}\u00a0σ`}{note && <small>{` ${note}`}</small>}
    </td>
  );
}

function Habit({row}: {row: SeriesHabit}) {
  const isJump = row.jump_p !== null && row.jump_p < jumpChance;
  const log = row.drift_log;
  return (
    <tr class={row.tainted ? "tainted" : undefined} data-series={row.series}>
      <th scope="row">{row.series}{row.tainted && <small class="doubt"> ⚠ gaps</small>}</th>
      <td class={`number ${signOf(row.change_24h)}`} data-value={row.change_24h ?? ""}>{f.percent(row.change_24h)}</td>
      <Sigma value={row.selloff_z} note="" isStrong={Math.abs(row.selloff_z ?? 0) >= 3} />
      <Sigma value={row.jump} note={isJump ? "jump" : ""} isStrong={isJump} />
      <td class={log !== null && log >= convincing ? "number down" : "number"} data-value={log ?? ""}
        title={log === null ? undefined : `log e-value ${f.signedFigure(log, 1)}`}>{log === null ? f.none : `× ${f.factor(log)}`}</td>
    </tr>
  );
}

function habitsShown(state: State): SeriesHabit[] {
  const targets = new Set(state.targets.map((row) => row.symbol));
  return state.series.filter((row) => row.series === state.source_group || targets.has(row.series));
}

function Habits() {
  const state = useShown("series", "moment");
  if (!state) return null;
  if (store.moment) return <NotKept what="Each series against its habits" />;
  const rows = habitsShown(state);
  const isYoung = rows.some((row) => row.change_24h === null || row.selloff_z === null || row.jump === null || row.drift_log === null);
  return (
    <>
      <Scroll label="Against their own habits">
        <table id="habits" aria-labelledby="habits-title">
          <thead><tr><td />{columns.map(([text, title]) => <th scope="col" key={text} title={title}>{text}</th>)}</tr></thead>
          <tbody>{rows.map((row) => <Habit key={row.series} row={row} />)}</tbody>
        </table>
      </Scroll>
      {isYoung && <p class="quiet">{`${f.none}: not enough has been seen of this series yet.`}</p>}
    </>
  );
}

export function Evidence() {
  return (
    <section class="panel evidence" aria-labelledby="evidence-title">
      <h2 id="evidence-title">Why: a link, or a common fall?</h2>
      <Links />
      <h3 id="habits-title">Against their own habits</h3>
      <Habits />
    </section>
  );
}
