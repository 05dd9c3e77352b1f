// What several panels say or offer in the same way.
import type {ComponentChildren} from "preact";

import "./panel_parts.css";

/** In place of what is not kept by time, while a moment of the past is shown. */
export function NotKept({what}: {what: string}) {
  return <p class="quiet not-kept">{`${what}: not kept for the past.`}</p>;
}

/** A title, and the switch between a drawing and its table. */
export function TitleWithSwitch({id, title, asTable, onSwitch}: {id: string; title: string; asTable: boolean; onSwitch: (on: boolean) => void}) {
  return (
    <div class="title-row">
      <h2 id={id}>{title}</h2>
      <button type="button" class="as-table" aria-pressed={asTable} onClick={() => onSwitch(!asTable)}>As table</button>
    </div>
  );
}

/** What may be wider than the page scrolls by itself, with the keys too. */
export function Scroll({label, children}: {label: string; children: ComponentChildren}) {
  return <div class="scroll" role="group" tabIndex={0} aria-label={label}>{children}</div>;
}
