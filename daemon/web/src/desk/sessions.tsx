// Chips in one line: which markets are open, and whether the data can be trusted.
import {milliseconds} from "../model/format";
import {useShown, store} from "../model/store";
import {sessionChip, trustChips, type Chip} from "./session_words";
import "./sessions.css";

function ChipItem({chip}: {chip: Chip}) {
  return (
    <li class="chip" data-lamp={chip.lamp} title={chip.more}>
      <span class="lamp" aria-hidden="true" /><b>{chip.name}</b> {chip.words}
    </li>
  );
}

export function Sessions() {
  const state = useShown("sessions", "instruments", "now", "moment");
  if (!state) return null;
  const now = milliseconds(state.now);
  const sessions = state.sessions ?? [];
  return (
    <section id="sessions" class="sessions" aria-label="Sessions and data quality">
      <ul class="chips" aria-label="Sessions">
        {sessions.map((row) => <ChipItem key={row.calendar} chip={sessionChip(row, now)} />)}
        {sessions.length === 0 && <li class="chip" data-lamp="off">Sessions are not told by this daemon</li>}
      </ul>
      <ul class="chips" aria-label="How far the data can be trusted">
        {store.moment
          ? <li class="chip" data-lamp="off">How fresh the data were then is not kept</li>
          : trustChips(state).map((chip) => <ChipItem key={chip.name} chip={chip} />)}
      </ul>
    </section>
  );
}
