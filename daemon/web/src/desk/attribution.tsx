// What an alert says of its cause: each member's part of the fall, who led, and tech, macro or crypto.
import * as f from "../model/format";
import type {AlertData, AlertDocument, AlertMember} from "../model/api";
import {store, useShown} from "../model/store";
import {useRoute} from "../page/route";
import {aroundZero, chooseAlert, chooseRevision, part, tellClass, tellLeader, type Revision} from "./attribution_words";
import {useRevisions} from "./use_revisions";
import {signOf} from "./words";
import "./attribution.css";

const sigma = (z: number | null): string => (z === null ? f.none : `${f.signedFigure(z, 1)}\u00a0σ`);

function MemberRow({row, most, isLeader}: {row: AlertMember; most: number; isLeader: boolean}) {
  return (
    <tr class={isLeader ? "leader" : undefined} data-symbol={row.symbol} data-share={row.share ?? ""} data-z={row.z ?? ""}>
      <th scope="row">{row.symbol}{row.proxy_of && <small>{`stands for ${row.proxy_of}`}</small>}</th>
      <td class="bar-cell">
        {row.share !== null && <div class="share-bar" aria-hidden="true"><i style={{width: `${part(row.share, most) * 100}%`}} /></div>}
      </td>
      <td class="number"><b>{row.share !== null ? f.share(row.share) : row.return_ratio !== null && row.return_ratio > 0 ? "rose" : f.none}</b></td>
      <td class="number">{sigma(row.z)}</td>
      <td class={`number ${signOf(row.return_ratio)}`}>{f.percent(row.return_ratio, 1)}</td>
    </tr>
  );
}

function Members({data}: {data: AlertData}) {
  const rows = [...data.source.members].sort((a, b) => (b.share ?? -1) - (a.share ?? -1));
  if (rows.length === 0) return <p class="quiet">The alert names no member.</p>;
  const most = Math.max(0, ...rows.map((row) => row.share ?? 0));
  const unknown = rows.some((row) => row.z === null);
  return (
    <>
      <table aria-label={`Each member's share of the fall of ${data.source.group}`}>
        <thead>
          <tr>
            <td /><th scope="col" colSpan={2} title="Of the fall of the group">{`Share of ${data.source.group}'s fall`}</th>
            <th scope="col" title="In swings usual for it">z</th><th scope="col">{data.horizon_s === null ? "Move" : `In ${f.span(data.horizon_s)}`}</th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <MemberRow key={row.symbol} row={row} most={most} isLeader={row.symbol === data.source.leader} />)}</tbody>
      </table>
      {unknown && <p class="quiet">{`z ${f.none}: its usual swing was not known yet.`}</p>}
    </>
  );
}

function ZeroRow({symbol, z, most, note, pressing, text}: {symbol: string; z: number | null; most: number; note: string; pressing: boolean; text: string}) {
  const bar = z === null ? null : aroundZero(z, most);
  return (
    <tr data-symbol={symbol} data-z={z ?? ""}>
      <th scope="row">{symbol}{note && <small>{note}</small>}</th>
      <td class="bar-cell">
        <div class="zero-bar" aria-hidden="true">
          {bar && <i class={pressing ? "pressing" : undefined} style={{left: `${bar.start}%`, width: `${bar.length}%`}} />}
        </div>
      </td>
      <td class="number">{z === null ? "not known" : text}</td>
    </tr>
  );
}

/** As pressure, not as a sign: of some controls a rise weighs on shares, of others a fall. */
const pressure = (z: number | null): string =>
  z === null ? "" : `${Math.abs(z).toFixed(1)}\u00a0σ ${Math.abs(z) < 0.05 ? "" : z > 0 ? "pressure" : "relief"}`.trim();

/** Of a control positive is pressure on shares; of a placebo negative is a fall, which is the same. */
function Controls({data}: {data: AlertData}) {
  const {controls, placebos = []} = data.attribution;
  if (controls.length + placebos.length === 0) return null;
  const most = Math.max(3, ...[...controls, ...placebos].map(({z}) => Math.abs(z ?? 0)));
  return (
    <>
      <h3>Macro controls</h3>
      <table aria-label="Macro controls, in swings usual for each">
        <thead><tr><td /><th scope="col" class="bar-cell">← relief · pressure on shares →</th><th scope="col">Usual swings</th></tr></thead>
        <tbody>
          {controls.map(({symbol, z}) => <ZeroRow key={symbol} symbol={symbol} z={z} most={most} note="" pressing={z !== null && z > 0} text={pressure(z)} />)}
          {placebos.map(({symbol, z}) => <ZeroRow key={`placebo ${symbol}`} symbol={symbol} z={z} most={most} note="placebo: its own move" pressing={z !== null && z < 0} text={sigma(z)} />)}
        </tbody>
      </table>
    </>
  );
}

function Of({latest, shown, which}: {latest: AlertDocument; shown: Revision; which: string}) {
  const {data} = latest;
  const state = data.status === "resolved" ? `ended ${f.time(data.ended_at, "utcMinute")} UTC` : "still open";
  return (
    <p class="quiet attribution-of" data-revision={shown.document.data.revision}>
      {`Of ${which}: ${f.ruleWord[data.rule] ?? data.rule}, detected ${f.time(data.detected_at, "utcMinute")} UTC` +
        (store.moment ? "" : `, ${state}`) + `. As told at ${f.time(shown.document.timestamp)} UTC${shown.note}.`}
      {shown.document.data.data_quality.degraded && <span class="doubt"> ⚠ from doubtful data</span>}
    </p>
  );
}

function Told({latest, which}: {latest: AlertDocument; which: string}) {
  const {moment} = store;
  const isSearched = moment !== null || latest.data.status === "resolved";
  const revisions = useRevisions(isSearched ? latest.data.id : null, latest.data.revision);
  const shown = chooseRevision(latest, revisions, moment ? moment.cursor : null);
  const {data} = shown.document;
  const cause = tellClass(data);
  const leader = tellLeader(data);
  return (
    <>
      <Of latest={latest} shown={shown} which={which} />
      <p class="attribution-class" data-class={data.attribution.class} data-over={(!moment && latest.data.status === "resolved") || undefined}><b>{cause.title}</b><span>{cause.meaning}</span></p>
      <p class="attribution-leader" data-leader={data.source.leader ?? ""}><b>{leader.title}</b> <span class="quiet">{leader.meaning}</span></p>
      <Members data={data} />
      <Controls data={data} />
    </>
  );
}

export function Attribution() {
  const state = useShown("alerts", "episodes", "selection", "moment");
  const route = useRoute();
  const choice = state && chooseAlert(store.alerts, state.episodes, store.moment?.alertId ?? null, route.alert ?? store.selected);
  const latest = choice ? store.alert(choice.id) : undefined;
  return (
    <section id="attribution" class="panel" aria-labelledby="attribution-title" data-alert={choice?.id ?? ""}>
      <h2 id="attribution-title">Whose fall is it</h2>
      {!choice ? <p class="quiet">No alert: nothing to attribute.</p>
        : latest ? <Told latest={latest} which={choice.which} />
          : <p class="quiet">{`The document of ${choice.which} is not here: its attribution is not known.`}</p>}
    </section>
  );
}
