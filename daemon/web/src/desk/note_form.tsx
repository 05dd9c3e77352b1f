// A note on the time line: what happened, at this moment or at the one of the past that is shown.
import {useState} from "preact/hooks";

import {tell} from "../link/tell";
import {time} from "../model/format";
import {useStore} from "../model/store";

const charactersAtMost = 500;

export function NoteForm() {
  const {moment} = useStore("moment");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const add = async (event: Event) => {
    event.preventDefault();
    const said = text.trim();
    if (said === "" || busy) return;
    setBusy(true);
    const at = moment ? {time: new Date(moment.cursor).toISOString()} : {};
    const done = await tell("POST", "api/v1/annotations", {text: said, ...at}, "contagiond annotate '…'");
    setBusy(false);
    if (done) setText("");
  };
  return (
    <form class="note-form" id="note-form" onSubmit={(event) => void add(event)}>
      <label class="spoken" for="note-text">A note on the time line</label>
      <input id="note-text" type="text" value={text} maxLength={charactersAtMost} autocomplete="off"
        placeholder={moment ? `What happened at ${time(moment.cursor)} UTC?` : "What happened? A note for everybody"}
        onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit" disabled={busy || text.trim() === ""}>{moment ? "Add note there" : "Add note"}</button>
    </form>
  );
}
