// Every instrument's price, in the venue's digits, and whether it can be trusted.
import * as f from "../model/format";
import type {Instrument, Role} from "../model/api";
import {store, useShown} from "../model/store";
import {Scroll} from "./panel_parts";
import {doubts, signOf} from "./words";
import "./price_table.css";

const roleWord: Record<Role, string> = {
  target: "target", source: "source", control: "macro control", placebo: "placebo", other: "watched",
};
const order: Record<Role, number> = {target: 0, source: 1, control: 2, placebo: 3, other: 4};

/** How far back its price may lie before its age is told, in bars. */
const quietBars = 3;

function condition(row: Instrument, now: number | null, bar: number): string {
  if (row.price === null) return "waiting";
  if (row.stale) return "stale";
  const printed = f.milliseconds(row.ts_price ?? row.ts);
  if (printed === null || now === null) return "age not known";
  const age = (now - printed) / 1000;
  return age > quietBars * bar ? `${f.span(age)} old` : "live";
}

/** Where a feed is off it is named, which says more than their number. */
const agreement = (row: Instrument): string =>
  row.feeds_fresh > 1 && row.diverged.length === 0 ? `${row.feeds_agreeing} of ${row.feeds_fresh} feeds agree` : "";

function Row({row, now, bar, isPast}: {row: Instrument; now: number | null; bar: number; isPast: boolean}) {
  const isWeak = row.stale || row.price === null;
  const feeds = agreement(row);
  return (
    <tr class={`${isWeak ? "unheard" : ""} ${row.taint.length > 0 || row.stale ? "tainted" : ""}`.trim() || undefined}
      data-symbol={row.symbol} data-price={row.price ?? ""} data-stale={row.stale}>
      <th scope="row">
        {row.symbol}
        {row.proxy_of && <small class="quiet" title="It trades around the clock and is not the share itself">{`stands for ${row.proxy_of}`}</small>}
      </th>
      <td class="number" title={row.venue ?? undefined}>{f.price(row.price)}</td>
      {!isPast && <td class={`number ${signOf(row.change_24h)}`} data-value={row.change_24h ?? ""}>{f.percent(row.change_24h)}</td>}
      <td class={`number since ${signOf(row.return_since_open)}`} data-value={row.return_since_open ?? ""}>{f.percent(row.return_since_open)}</td>
      <td class="role">{roleWord[row.role] ?? row.role}</td>
      {!isPast && (
        <td class={row.stale ? "bad" : undefined}>
          {condition(row, now, bar)}
          {feeds && <small class={row.feeds_agreeing < row.feeds_fresh ? "doubt" : "quiet"}>{feeds}</small>}
          {doubts(row).map((text) => <small class="doubt" key={text}>{text}</small>)}
        </td>
      )}
    </tr>
  );
}

export function PriceTable() {
  const state = useShown("instruments", "now", "moment");
  if (!state) return null;
  const isPast = store.moment !== null;
  const now = f.milliseconds(state.now);
  const rows = [...state.instruments].sort((a, b) => (order[a.role] ?? 9) - (order[b.role] ?? 9));
  return (
    <section class="panel prices" aria-labelledby="prices-title">
      <h2 id="prices-title">Prices</h2>
      <Scroll label="Prices">
        <table id="prices" aria-labelledby="prices-title">
          <thead>
            <tr>
              <th scope="col">Symbol</th>
              <th scope="col">Price</th>
              {!isPast && <th scope="col">24 h</th>}
              <th scope="col" class="since">Since first</th>
              <th scope="col" class="role">Role</th>
              {!isPast && <th scope="col">State</th>}
            </tr>
          </thead>
          <tbody>{rows.map((row) => <Row key={row.symbol} row={row} now={now} bar={state.bar_s} isPast={isPast} />)}</tbody>
        </table>
      </Scroll>
      {isPast && <p class="quiet not-kept">Change of 24 h and state of each price: not kept for the past.</p>}
    </section>
  );
}
