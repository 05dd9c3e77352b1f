// The stripe across the page while a moment of the past is shown: that this is not now, when it was,
// and the way back.
import * as f from "../model/format";
import {useStore} from "../model/store";
import {useRoute} from "../page/route";
import {backToLive, player} from "./player";
import {speeds} from "./window";
import {placeOf} from "./words";
import "./stripe.css";

export function MomentStripe() {
  const store = useStore("moment");
  const {moment} = store;
  const {alert} = useRoute();
  if (!moment)
    return store.momentMissing === null || alert === null ? null : (
      <div class="stripe stripe-warn" role="status" id="moment-missing">
        {store.momentMissing} <button type="button" onClick={backToLive}>Close (Esc)</button>
      </div>
    );
  const barMs = Math.max(1, store.live?.bar_s ?? 1) * 1000; // an arrow key moves by a bar
  const {cursor, from, to, detected, playing} = moment;
  const told = `${f.time(cursor)} UTC, ${placeOf(cursor, detected)}`;
  const marked = to > from && detected >= from && detected <= to ? (detected - from) / (to - from) : null;
  return (
    <section class="stripe moment" id="moment" aria-label="A moment of the past" data-alert={moment.alertId} data-cursor={cursor}
      data-playing={playing}>
      <p class="moment-head">
        <strong>PAST, NOT NOW</strong>
        <span class="moment-time">
          <span class="moment-date">{f.date(cursor)}</span> <b id="moment-utc">{f.time(cursor)}</b> UTC <b id="moment-ny">{f.time(cursor, "ny")}</b> New York
        </span>
        <span class="moment-place">{placeOf(cursor, detected)}</span>
      </p>
      <div class="moment-controls">
        <button type="button" onClick={() => player.toggle()} title="Space">{playing ? "Pause" : cursor >= to ? "Play again" : "Play"}</button>
        <button type="button" onClick={() => player.replay()} title="From the start (r)">Replay</button>
        <div class="moment-scrub">
          {marked !== null && <span class="moment-mark" style={{left: `calc(8px + (100% - 16px) * ${marked})`}} aria-hidden="true" title="The alert" />}
          <input type="range" id="moment-slider" aria-label="Time" aria-valuetext={told} min={from} max={to} step={barMs} value={cursor}
            onInput={(event) => player.seek(Number(event.currentTarget.value))} />
          <span class="moment-ends" aria-hidden="true"><span>{f.time(from, "utcMinute")}</span><span>{f.time(to, "utcMinute")} UTC</span></span>
        </div>
        <label><span class="moment-word">Speed </span><select aria-label="Speed" value={moment.speed} onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}>
          {speeds.map((speed) => <option key={speed} value={speed}>{`${speed}×`}</option>)}
        </select></label>
        <button type="button" class="moment-live" onClick={backToLive} title="Esc">Back to live</button>
      </div>
    </section>
  );
}
