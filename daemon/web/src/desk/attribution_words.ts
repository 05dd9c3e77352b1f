// Whose shock an alert is about, in words, and which alert a panel speaks of. Pure.
import type {AlertData, AlertDocument, Episode} from "../model/api";
import * as f from "../model/format";

export interface ClassTold {
  title: string;
  meaning: string;
}

export function tellClass(data: AlertData): ClassTold {
  const {group} = data.source;
  switch (data.attribution.class) {
    case "tech":
      return {title: "Tech, not macro", meaning: `The macro controls do not carry the fall: it is ${group}'s own.`};
    case "macro":
      return {title: "Macro", meaning: "One common shock: the macro controls moved with it. It hits both sides, and is not tech spilling into crypto."};
    case "crypto":
      return {title: "Crypto", meaning: `Crypto's own fall: the larger one, each in its usual swings, beside ${group}'s.`};
    case "undecided":
      return {title: "Undecided: tech or macro", meaning: "The controls moved too, but not enough to carry the fall, or a placebo fell with it."};
    case "unattributed":
      return {
        title: "Unattributed",
        meaning: data.attribution.controls.length === 0 ? "No macro controls are configured: tech or macro cannot be told apart."
          : "No macro control had a fresh price: tech or macro cannot be told apart.",
      };
    default:
      return {title: data.attribution.class, meaning: ""};
  }
}

/** `leader` carries most of the fall; who was first in time is another question. */
export function tellLeader(data: AlertData): ClassTold {
  const {leader, leader_confidence: confidence} = data.source;
  if (leader === null) return {title: "No single leader", meaning: "No member carries most of the fall throughout the slide."};
  return {title: `${leader} leads the fall`, meaning: `It carries most of the fall, confidence ${confidence === null ? "not known" : f.share(confidence)}.`};
}

export interface Choice {
  id: string;
  which: string; // "the open alert"
}

/** The moment's alert, or the selected one, or the open one, or the latest; null: there is none. */
export function chooseAlert(alerts: readonly AlertDocument[], episodes: readonly Episode[], moment: string | null, selected: string | null): Choice | null {
  if (moment !== null) return {id: moment, which: "the alert of the moment shown"};
  if (selected !== null && alerts.some(({data}) => data.id === selected)) return {id: selected, which: "the selected alert"};
  const open = episodes[0];
  if (open) return {id: open.id, which: "the open alert"};
  const latest = alerts[0];
  return latest ? {id: latest.data.id, which: "the latest alert"} : null;
}

/** Which revision is shown, and how it stands to the time that is shown. */
export interface Revision {
  document: AlertDocument;
  note: string;
}

/**
 * Of an open alert the latest. Of one that is over, that in which the group had fallen most: the last
 * one tells of the recovery. At a moment of the past, what had been told by then.
 */
export function chooseRevision(latest: AlertDocument, revisions: readonly AlertDocument[], cursor: number | null): Revision {
  const first = revisions[0];
  if (cursor !== null) {
    if (!first) return {document: latest, note: "; its earlier revisions are not here, so this may be later than the moment shown"};
    const then = revisions.filter((it) => Date.parse(it.timestamp) <= cursor).at(-1);
    return then ? {document: then, note: ""} : {document: first, note: ", when it opened: later than the moment shown"};
  }
  if (latest.data.status !== "resolved") return {document: latest, note: ""};
  const fall = ({data}: AlertDocument): number => data.source.return_ratio ?? Infinity;
  const deepest = revisions.reduce<AlertDocument | null>((most, it) => (it.data.status !== "resolved" && (!most || fall(it) < fall(most)) ? it : most), null);
  return deepest ? {document: deepest, note: `, when ${latest.data.source.group} had fallen most`} : {document: latest, note: ", as it ended"};
}

/** A length from 0 to 1 on a scale that ends at `most`. */
export const part = (value: number, most: number): number => (most > 0 ? Math.min(1, Math.max(0, value / most)) : 0);

/** Where a bar around zero begins and how long it is, both in per cent of the whole width. */
export function aroundZero(value: number, most: number): {start: number; length: number} {
  const half = part(Math.abs(value), most) * 50;
  return {start: value < 0 ? 50 - half : 50, length: half};
}
