// Source × target correlation in every window: numbers, change against the usual value, and colour
// only where the figure can be trusted.
import {useEffect, useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";

import * as f from "../model/format";
import {store, useShown} from "../model/store";
import {still} from "../page/still";
import {colour} from "../page/theme";
import {useLater, useThemeCount, useWidth} from "./canvas_hooks";
import {cellFacts, heatCells, staleSeries, type HeatCell, type HeatCells} from "./heat_cells";
import {parseColour} from "./heat_colour";
import {cellAt, cellBox, heatGrid, step, type Cell, type HeatGrid} from "./heat_grid";
import {paintHeatMap, type Palette} from "./heat_paint";
import {Scroll, TitleWithSwitch} from "./panel_parts";
import {enoughSamples} from "./words";
import "./heat_map.css";

const palette = (): Palette => ({
  scale: {negative: parseColour(colour("--negative")), middle: parseColour(colour("--panel")), positive: parseColour(colour("--positive"))},
  text: colour("--text"), quiet: colour("--quiet"), line: colour("--line"), hatch: colour("--hatch"), frame: colour("--text"),
});

/** Which series are stale, as one text: prices change many times a second, this hardly ever does. */
function useStaleKey(): string {
  const key = () => (store.shown && !store.moment ? JSON.stringify([...staleSeries(store.shown)]) : "[]");
  const [now, set] = useState(key);
  useEffect(() => store.subscribe(["schema", "instruments", "moment"], () => set(key())), []);
  return now;
}

function Tip({grid, cell, told, windows}: {grid: HeatGrid; cell: Cell; told: HeatCell; windows: number[]}) {
  const box = cellBox(grid, cell);
  if (!box) return null;
  const onLeft = box.x > grid.width / 2;
  const place = onLeft ? {right: `${grid.width - box.x + 4}px`} : {left: `${box.x + box.width + 4}px`};
  const [value, usual] = cellFacts(told);
  return (
    <>
      <div class="heat-cursor" style={{left: `${box.x}px`, top: `${box.y}px`, width: `${box.width}px`, height: `${box.height}px`}} />
      <div class="heat-tip" role="status" style={{...place, top: `${Math.max(0, box.y - 14)}px`}}>
        <b>{`${told.source} with ${told.target}, ${f.span(windows[told.window])}`}</b>
        <span>{value}</span>
        <span>{usual}</span>
        {told.doubts.map((doubt) => <span class="doubt" key={doubt}>{`⚠ ${doubt}`}</span>)}
      </div>
    </>
  );
}

function HeatCanvas({cells, grid, chosen, strong}: {cells: HeatCells; grid: HeatGrid; chosen: number; strong: string | null}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, point] = useState<Cell | null>(null);
  const themes = useThemeCount();
  // In the frame in which the news came, and only when there is something new to draw.
  useLayoutEffect(() => {
    if (canvas.current) paintHeatMap(canvas.current, grid, cells, chosen, strong, palette(), window.devicePixelRatio || 1);
  }, [cells, grid, chosen, strong, themes]);

  const place = (event: PointerEvent) => {
    const frame = canvas.current?.getBoundingClientRect();
    if (frame) point(cellAt(grid, event.clientX - frame.left, event.clientY - frame.top));
  };
  const onKey = (event: KeyboardEvent) => {
    const next = step(grid, pointed, event.key);
    if (!next) return;
    event.preventDefault();
    point(next);
  };
  const shown = pointed && grid.windows.includes(pointed.window) && pointed.source < grid.sources && pointed.target < grid.targets ? pointed : null;
  return (
    <div class="heat-frame">
      <canvas ref={canvas} role="img" tabIndex={0} style={{height: `${grid.height}px`}}
        aria-label="Correlation of each source with each target; the table beside it holds the same figures. Arrow keys go from cell to cell."
        onPointerMove={place} onPointerDown={place} onPointerLeave={() => point(null)}
        onKeyDown={onKey} onFocus={() => point(shown ?? step(grid, null, "ArrowRight"))} onBlur={() => point(null)} />
      {shown && <Tip grid={grid} cell={shown} told={cells.at(shown.window, shown.source, shown.target)} windows={cells.windows} />}
    </div>
  );
}

function TableCell({cell, chosen}: {cell: HeatCell; chosen: boolean}) {
  const {row} = cell;
  return (
    <td class={`${chosen ? "chosen" : ""} ${cell.doubts.length > 0 ? "tainted" : ""}`.trim() || undefined} title={cellFacts(cell).join("; ")}
      data-source={cell.source} data-target={cell.target} data-window={cell.window} data-value={row?.value ?? ""}
      data-baseline={row?.baseline ?? ""} data-doubtful={cell.doubts.length > 0}>
      {f.figure(row?.value)}
      <small>{cell.absence?.short ?? (cell.change === null ? "usual value not known" : f.signedFigure(cell.change))}</small>
      {cell.doubts.map((doubt) => <small class="doubt" key={doubt}>{doubt}</small>)}
    </td>
  );
}

const Table = still(({cells, chosen, strong}: {cells: HeatCells; chosen: number; strong: string | null}) => {
  const {windows, targets, sources} = cells;
  return (
    <table aria-labelledby="heat-map-title">
      <caption class="spoken">Value, and below it the change against its usual value</caption>
      <thead>
        <tr>
          <td rowSpan={2} />
          {windows.map((seconds, w) => <th scope="colgroup" colSpan={targets.length} key={w} class={w === chosen ? "chosen" : undefined}>{f.span(seconds)}</th>)}
        </tr>
        <tr>{windows.flatMap((_, w) => targets.map((target) => <th scope="col" key={`${w} ${target}`} class={w === chosen ? "chosen" : undefined}>{target}</th>))}</tr>
      </thead>
      <tbody>
        {sources.map((source, s) => (
          <tr key={source} class={source === strong ? "group" : undefined}>
            <th scope="row">{source}</th>
            {windows.flatMap((_, w) => targets.map((target, t) => <TableCell key={`${w} ${target}`} cell={cells.at(w, s, t)} chosen={w === chosen} />))}
          </tr>
        ))}
      </tbody>
    </table>
  );
});

/** For who listens: the same table, but never in the way of a frame. */
function SpokenTable(props: {cells: HeatCells; chosen: number; strong: string | null}) {
  return <div class="spoken"><Table {...props} cells={useLater(props.cells)} /></div>;
}

function Legend() {
  return (
    <div class="heat-legend">
      <span class="heat-scale" aria-hidden="true">−1 against<i />together +1</span>
      <span class="heat-hatched"><i class="tainted" aria-hidden="true" />{`Hatched: data with gaps, no fresh price, fewer than ${enoughSamples} samples or not known how many`}</span>
      <span>Small: change against its usual value</span>
    </div>
  );
}

export function HeatMap() {
  const state = useShown("correlations", "selection", "moment");
  const staleKey = useStaleKey();
  const panel = useRef<HTMLDivElement>(null);
  const width = useWidth(panel);
  const [asTable, switchTo] = useState(false);
  const isPast = store.moment !== null;
  const chosen = store.window;
  const strong = state?.source_group ?? null;
  const cells = useMemo(() => (state ? heatCells(state, new Set(JSON.parse(staleKey) as string[]), isPast) : null),
    [state?.correlations, state?.windows_s, staleKey, isPast]);
  const grid = useMemo(() => (cells && width > 0 ? heatGrid(width, cells.sources, cells.targets.length, cells.windows.length, chosen) : null),
    [cells, width, chosen]);
  // Over the blocks where all are shown; in a row of their own on a phone.
  const columns = grid && grid.windows.length > 1 && !asTable ? `${grid.labels - grid.gap}px repeat(${grid.windows.length}, 1fr)` : `max-content repeat(${cells?.windows.length ?? 1}, 1fr)`;
  return (
    <section id="heat-map" class="panel" aria-labelledby="heat-map-title" data-window={chosen}>
      <TitleWithSwitch id="heat-map-title" title="Correlation, source with target" asTable={asTable} onSwitch={switchTo} />
      <div ref={panel}>
        {cells && (
          <div class="heat-windows" role="group" aria-label="Window" style={{gridTemplateColumns: columns, gap: `${grid?.gap ?? 12}px`}}>
            <span>Window</span>
            {cells.windows.map((seconds, w) => (
              <button type="button" key={w} aria-pressed={w === chosen} title={`Key ${w + 1}`} onClick={() => store.setWindow(w)}>{f.span(seconds)}</button>
            ))}
          </div>
        )}
        {cells && cells.sources.length === 0 && <p class="quiet">No pair of source and target is configured.</p>}
        {cells && grid && !asTable && cells.sources.length > 0 && <HeatCanvas cells={cells} grid={grid} chosen={chosen} strong={strong} />}
        {cells && (asTable ? <Scroll label="Correlations as a table"><Table cells={cells} chosen={chosen} strong={strong} /></Scroll>
          : <SpokenTable cells={cells} chosen={chosen} strong={strong} />)}
      </div>
      <Legend />
    </section>
  );
}
