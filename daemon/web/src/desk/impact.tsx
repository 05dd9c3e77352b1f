// What the fall has cost: value gone from the source group, against the value of the crypto assets.
import * as f from "../model/format";
import type {AlertData, Impact} from "../model/api";
import {store, useShown} from "../model/store";
import {NotKept} from "./panel_parts";
import "./impact.css";

/** Why the value is not known, as a sentence. */
function unknown({source, ts, covered}: Impact): string {
  const why = ts === null || covered === 0 ? "no member has both a number of shares in the configuration and a price of 24 hours ago"
    : "too few prices are 24 hours old";
  return `What the fall of ${source} has cost in 24 h is not known: ${why}.`;
}

const ofCrypto = (share: number | null): string =>
  share === null ? "; the value of the crypto assets is not known" : `: ${f.share(Math.abs(share))} of the value of the crypto assets`;

const dated = (asOf: string | null): string =>
  asOf ? `shares and supplies as of ${asOf.slice(0, 10)}` : "dates of the share counts unknown";

function Value({usd, source, span}: {usd: number; source: string; span: string}) {
  const lost = usd >= 0;
  return (
    <>
      <b class={lost ? "down" : "up"}>{f.dollars(Math.abs(usd))}</b>
      {` of market value ${lost ? "gone from" : "gained by"} ${source}${span}`}
    </>
  );
}

/** What the alert that is open measured, from its own horizon: it needs no price of yesterday. */
function OfAlert({data}: {data: AlertData}) {
  const {impact, source, horizon_s} = data;
  if (!impact || impact.source_value_lost_usd === null) return null;
  return (
    <p class="impact" data-value={impact.source_value_lost_usd} data-share={impact.share_of_target_value ?? ""} data-of="alert">
      <Value usd={impact.source_value_lost_usd} source={source.group} span={horizon_s === null ? " in the slide" : ` in ${f.span(horizon_s)} of the slide`} />
      {ofCrypto(impact.share_of_target_value)}
      <small>{` (the open alert; ${dated(impact.as_of)})`}</small>
    </p>
  );
}

function OfDay({impact}: {impact: Impact}) {
  const {value_lost_usd: usd, covered} = impact;
  if (usd === null) return <p class="impact quiet" data-value="">{unknown(impact)}</p>;
  const coverage = covered === null ? "coverage of the group unknown; "
    : covered < 0.995 ? `counts ${f.share(covered)} of the group by weight; ` : "";
  return (
    <p class="impact" data-value={usd} data-share={impact.share ?? ""}>
      <Value usd={usd} source={impact.source} span=" in 24 h" />
      {ofCrypto(impact.share)}
      <small>{` (${coverage}${dated(impact.as_of)})`}</small>
    </p>
  );
}

export function ImpactLine() {
  const state = useShown("impact", "episodes", "alerts", "moment");
  const impact = state?.impact[0];
  if (!state || !impact) return null;
  const open = state.episodes[0];
  const alert = open && !store.moment ? store.alert(open.id) : undefined;
  return (
    <section id="impact" aria-label="What the fall has cost">
      {store.moment ? <NotKept what="What the fall had cost" /> : <>{alert && <OfAlert data={alert.data} />}<OfDay impact={impact} /></>}
    </section>
  );
}
