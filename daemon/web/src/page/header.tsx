// Name of the page, its two views, switches and clocks.
import {useStore} from "../model/store";
import * as f from "../model/format";
import {applyTheme, theme} from "./theme";
import {useRoute} from "./route";
import {isMuted, mute} from "./sound";
import {toggleHelp} from "./help";
import {useState} from "preact/hooks";
import "./header.css";

function Clocks() {
  const {shown} = useStore("now", "moment");
  const now = shown?.now;
  return (
    <dl class="clocks">
      <div><dt>New York</dt><dd id="clock-ny">{f.time(now, "ny")}</dd></div>
      <div><dt>UTC</dt><dd id="clock-utc" title={f.date(now)}>{f.time(now, "utc")}</dd></div>
    </dl>
  );
}

export function Header() {
  const {tab} = useRoute();
  const [, draw] = useState(0);
  useStore("sound"); // a key switches it as well
  const light = theme() === "light";
  return (
    <header>
      <h1><span class="mark" aria-hidden="true" />contagiond</h1>
      <nav class="tabs" aria-label="Views">
        <a href="#/" aria-current={tab === "desk" ? "page" : undefined}>Desk</a>
        <a href="#/ops" aria-current={tab === "ops" ? "page" : undefined}>Ops</a>
      </nav>
      <p id="question">Is a tech selloff spilling into crypto?</p>
      <div class="switches">
        <button type="button" aria-pressed={!isMuted()} title="Sound at a critical alert (m)"
          onClick={() => mute(!isMuted())}>{isMuted() ? "Sound off" : "Sound on"}</button>
        <button type="button" title="Other colours" data-for="theme" onClick={() => { applyTheme(light ? "dark" : "light"); draw((n) => n + 1); }}>
          {light ? "Dark" : "Light"}</button>
        <button type="button" title="Keys (?)" data-for="keys" onClick={toggleHelp} aria-label="Keys">?</button>
      </div>
      <Clocks />
    </header>
  );
}
