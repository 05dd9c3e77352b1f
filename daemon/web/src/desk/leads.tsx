// Who moves first, from raw ticks: an arrow from who leads to who follows, or a grey dashed line and
// why no lead is claimed.
import {useMemo, useRef, useState} from "preact/hooks";

import * as f from "../model/format";
import type {Lead} from "../model/api";
import {pairKey} from "../model/past";
import {store, useShown} from "../model/store";
import {still} from "../page/still";
import {useLater, useWidth} from "./canvas_hooks";
import {labelWidth} from "./heat_grid";
import {arrow, leadLanes, type LeadLanes} from "./lead_lanes";
import {intervalText, leadGround, leadSentence, tellLead} from "./lead_words";
import {Scroll, TitleWithSwitch} from "./panel_parts";
import "./leads.css";

interface Board {
  sources: string[];
  targets: string[];
  group: string | null;
  row(source: string, target: string): Lead | undefined;
}

function boardOf(rows: readonly Lead[], group: string | null): Board {
  const places = new Map(rows.map((row) => [pairKey(row), row]));
  return {
    sources: [...new Set(rows.map((row) => row.source))], targets: [...new Set(rows.map((row) => row.target))], group,
    row: (source, target) => places.get(pairKey({source, target})),
  };
}

/** SVG text does not wrap: what is longer than its room is cut, and whole in the tool tip. */
const cut = (text: string, room: number): string => {
  const most = Math.max(3, Math.floor(room / 7.6));
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
};

function ArrowMark({row, lanes, place}: {row: Lead; lanes: LeadLanes; place: [number, number]}) {
  const told = tellLead(row);
  const forward = told.isClaimed ? told.first === row.source : null;
  const at = arrow(lanes, place[0], place[1], forward, row.correlation);
  const ground = leadGround(row);
  const seconds = told.seconds === null ? "" : `${f.lag(told.seconds)}\u00a0s`;
  const half = seconds.length * 3.7 + 5;
  return (
    <g class={told.isClaimed ? "leads-arrow" : "leads-arrow unled"} style={{"--lead": `var(--target-${place[1] % 4})`}}>
      <title>{leadSentence(row) + (ground ? `; ${ground}` : "")}</title>
      {/* To be pointed at anywhere in its place, not on the line only. */}
      <rect x={Math.min(at.from, at.to)} y={at.y - 11} width={lanes.lane - lanes.gap} height={lanes.row - 1} />
      <line x1={at.from} y1={at.y} x2={at.to} y2={at.y} stroke-width={at.thickness} stroke-dasharray={told.isClaimed ? undefined : "5 5"} />
      {told.isClaimed && <polygon points={at.tip} />}
      {told.isClaimed && <rect x={at.middle - half} y={at.y - 8} width={half * 2} height={16} />}
      {told.isClaimed && <text class="seconds" x={at.middle} y={at.y + 4.5}>{seconds}</text>}
      <text class="interval" x={at.middle} y={at.y + 19}>
        {told.isClaimed ? (told.interval ? intervalText(told.interval) : "interval not known") + (row.tainted ? " ⚠ gaps" : "") : told.reason.short}
      </text>
    </g>
  );
}

const Drawing = still(({board, room}: {board: Board; room: number}) => {
  const labels = labelWidth(board.sources);
  const lanes = leadLanes(room, labels, board.sources.length, board.targets.length);
  return (
    <svg width={lanes.width} height={lanes.height} viewBox={`0 0 ${lanes.width} ${lanes.height}`} role="img"
      aria-label="Arrows from who moves first to who follows; the table beside it says the same.">
      {board.targets.map((target, j) => (
        <text key={target} class="leads-target" x={labels + (j + 1) * lanes.lane - lanes.gap + 2} y={12}>
          <title>{target}</title>{cut(target, lanes.lane - lanes.gap)}
        </text>
      ))}
      {board.sources.map((source, i) => (
        <text key={source} class={source === board.group ? "leads-name group" : "leads-name"} x={0} y={lanes.head + i * lanes.row + 15}>
          <title>{source}</title>{cut(source, labels - 8)}
        </text>
      ))}
      {board.sources.flatMap((source, i) => board.targets.map((target, j) => {
        const row = board.row(source, target);
        return row && <ArrowMark key={pairKey(row)} row={row} lanes={lanes} place={[i, j]} />;
      }))}
    </svg>
  );
});

function TableCell({row}: {row: Lead | undefined}) {
  if (!row) return <td class="unled">{f.none}</td>;
  const told = tellLead(row);
  const hooks = {
    "data-source": row.source, "data-target": row.target, "data-verdict": row.verdict ?? "", "data-seconds": row.seconds ?? "",
    "data-low": row.low ?? "", "data-high": row.high ?? "",
  };
  if (!told.isClaimed || told.seconds === null) return <td class="unled" title={leadGround(row)} {...hooks}>{told.reason.long}</td>;
  return (
    <td class={row.tainted ? "tainted" : undefined} title={leadGround(row)} {...hooks}>
      {told.first !== row.source && <small>{`${told.first} → ${told.second} `}</small>}
      <b>{`+${f.lag(told.seconds)}\u00a0s`}</b>{` ${told.interval ? intervalText(told.interval) : "(interval not known)"}`}
      {row.tainted && <small class="doubt">⚠ gaps</small>}
    </td>
  );
}

const Table = still(({board}: {board: Board}) => {
  return (
    <table aria-labelledby="leads-title">
      <thead><tr><td />{board.targets.map((target) => <th scope="col" key={target}>{`→ ${target}`}</th>)}</tr></thead>
      <tbody>
        {board.sources.map((source) => (
          <tr key={source} class={source === board.group ? "group" : undefined}>
            <th scope="row">{source}</th>
            {board.targets.map((target) => <TableCell key={target} row={board.row(source, target)} />)}
          </tr>
        ))}
      </tbody>
    </table>
  );
});

/** For who listens: the same table, but never in the way of a frame. */
function SpokenTable(props: {board: Board}) {
  return <div class="spoken"><Table board={useLater(props.board)} /></div>;
}

/** The source group against each target: what one wants to know first. */
function First({board}: {board: Board}) {
  const {group} = board;
  if (group === null) return null;
  const rows = board.targets.map((target) => board.row(group, target)).filter((row) => row !== undefined);
  if (rows.length === 0) return null;
  return (
    <ul class="leads-first">
      {rows.map((row) => <li key={row.target} class={tellLead(row).isClaimed ? undefined : "unled"}>{`${leadSentence(row)}.`}</li>)}
    </ul>
  );
}

export function Leads() {
  const state = useShown("leads", "moment");
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [asTable, switchTo] = useState(false);
  const board = useMemo(() => (state ? boardOf(state.leads, state.source_group) : null), [state?.leads, state?.source_group]);
  const isMeasured = state?.leads.some((row) => row.verdict !== null) ?? false;
  const drawing = board && isMeasured && width > 0 && !asTable ? <Drawing board={board} room={width} /> : null;
  const isWider = board !== null && leadLanes(width, labelWidth(board.sources), board.sources.length, board.targets.length).width > width;
  return (
    <section id="leads" class="panel" aria-labelledby="leads-title">
      <TitleWithSwitch id="leads-title" title="Who moves first" asTable={asTable} onSwitch={switchTo} />
      {board && isMeasured && <First board={board} />}
      <div ref={frame} class="leads-frame" tabIndex={drawing && isWider ? 0 : undefined}>
        {!isMeasured && <p class="quiet">{store.moment ? "Not measured at that moment, or not kept for the past." : "Not measured yet."}</p>}
        {drawing}
      </div>
      {board && isMeasured && (asTable ? <Scroll label="Leads as a table"><Table board={board} /></Scroll> : <SpokenTable board={board} />)}
      <p class="quiet leads-note">From raw ticks: the lead in seconds and its 95 % interval; {store.moment ? "how close the tie was is not kept" : "the thicker the arrow, the closer the tie"}. Grey and dashed: no lead is claimed, and why.</p>
    </section>
  );
}
