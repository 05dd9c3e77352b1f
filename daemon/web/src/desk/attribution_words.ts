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

/** A length from 0 to 1 on a scale that ends at `most`. */
export const part = (value: number, most: number): number => (most > 0 ? Math.min(1, Math.max(0, value / most)) : 0);

/** Where a bar around zero begins and how long it is, both in per cent of the whole width. */
export function aroundZero(value: number, most: number): {start: number; length: number} {
  const half = part(Math.abs(value), most) * 50;
  return {start: value < 0 ? 50 - half : 50, length: half};
}
