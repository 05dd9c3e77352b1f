// A panel of the ops view: its figures are dimmed, and their age told, when no newer answer came.
import type {ComponentChildren} from "preact";

import type {Polled} from "../link/poll";
import * as f from "../model/format";
import {pollEveryMs} from "./limits";

const oldAfterMs = 3 * pollEveryMs;

/** Milliseconds; null while the figures are as new as they should be. */
function oldFor(polled: Polled<unknown>, now: number): number | null {
  if (polled.at === null) return null;
  return polled.failed !== null || now - polled.at > oldAfterMs ? now - polled.at : null;
}

interface Props {
  id: string;
  title: string;
  span: number; // of twelve columns
  polled: Polled<unknown>[]; // what the figures come from
  now: number;
  children: ComponentChildren;
}

export function OpsPanel({id, title, span, polled, now, children}: Props) {
  const ages = polled.map((it) => oldFor(it, now)).filter((age) => age !== null);
  const oldest = ages.length > 0 ? Math.max(...ages) : null;
  const silent = polled.find((it) => it.data === null && it.failed !== null);
  const why = polled.find((it) => it.failed !== null)?.failed;
  return (
    <section class="panel ops-panel" id={id} aria-labelledby={`${id}-title`} data-span={span} data-old={oldest !== null || undefined}>
      <h2 id={`${id}-title`}>{title}</h2>
      {oldest !== null && <p class="doubt">{`These figures are ${f.span(oldest / 1000)} old: the daemon ${why ?? "was not asked since"}.`}</p>}
      {silent && <p class="doubt">{`Nothing is known yet: the daemon ${silent.failed}.`}</p>}
      <div class="ops-body">{children}</div>
    </section>
  );
}

/** A name and a figure, with its raw value for who reads the page by program. */
export function Fact({name, value, title, children}: {name: string; value?: string | number | boolean | null | undefined; title?: string; children: ComponentChildren}) {
  return (
    <div class="fact" data-fact={name}>
      <dt>{name}</dt>
      <dd data-value={value ?? ""} title={title}>{children}</dd>
    </div>
  );
}

/** A part of a whole as a bar. `text` says the same in words and stands beside it. */
export function Meter({label, share, text, over}: {label: string; share: number; text: string; over?: boolean}) {
  const shown = Math.min(1, Math.max(0, share));
  return (
    <span class="meter" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(shown * 100)}
      aria-valuetext={text} data-over={over || undefined}>
      <span style={{width: `${shown * 100}%`}} />
    </span>
  );
}

const lamps = {good: "●", warn: "▲", bad: "✕", off: "○"} as const;

/** A lamp differs in form as well as in colour, and its word stands beside it. */
export function Lamp({tone, children}: {tone: keyof typeof lamps; children: ComponentChildren}) {
  return <span class="lamp" data-tone={tone}><span aria-hidden="true">{lamps[tone]}</span> {children}</span>;
}
