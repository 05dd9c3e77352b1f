// Is it a link or a common fall: each question with its answer in words and the figures it rests on.
// Pure.
import * as f from "../model/format";
import type {Link, TickCorrelation} from "../model/api";

const enoughEvidence = 0.05; // a chance below it is told as a finding
const strengthened = 1.64; // one-sided, of the same chance
const firstInTime = 1.96; // two-sided, of the same chance
const largeSpillover = 0.1;
export const jumpChance = 0.01;
export const convincing = Math.log(20); // a chance of at most one in twenty
const arrow = " → ";

export interface Answer {
  question: string;
  verdict: string | null; // null: not known
  figures: string;
  isStrong: boolean;
}

const answer = (question: string, verdict: string | null, figures: string, isStrong = false): Answer => ({question, verdict, figures, isStrong});
const rows = (n: number): string => (n === 1 ? "1 row" : `${n} rows`);
const plusMinus = (error: number | null): string => (error === null ? "" : ` ± ${f.figure(error)}`);

function partialAnswer(link: Link): Answer {
  const question = "After the macro controls";
  const kept = link.controls_kept;
  const taken = kept === 0 ? "no control was fresh: nothing is taken out"
    : kept === 1 ? "1 control taken out" : `${kept} controls taken out`;
  if (link.partial === null || link.partial_p === null) return answer(question, null, `${rows(link.partial_samples)}, ${taken}`);
  const found = link.partial_p < enoughEvidence;
  const verdict = !found ? "nothing is left that chance would not give"
    : link.partial > 0 ? `still moves with ${link.source}` : `moves against ${link.source}`;
  return answer(question, verdict,
    `ρ ${f.figure(link.partial)}${plusMinus(link.partial_standard_error)}, ${rows(link.partial_samples)}, ${f.chance(link.partial_p)}; ${taken}`,
    found && link.partial > 0 && kept > 0);
}

function changeAnswer(link: Link): Answer {
  const question = "Against the stretch before";
  const counted = link.samples_before + link.samples_now === 0 ? "too little history yet"
    : `${rows(link.samples_before)} before, ${link.samples_now} now`;
  const moved = link.rho_before === null || link.rho_now === null ? "" : `ρ ${f.figure(link.rho_before)}${arrow}${f.figure(link.rho_now)}`;
  if (link.change_z === null) return answer(question, null, (moved ? `${moved}; ` : "") + counted);
  const stronger = link.change_z > strengthened;
  return answer(question,
    stronger ? "contagion: the link itself is stronger" : "interdependence: no stronger than larger swings explain",
    `${moved || `ρ ${f.none}`}, ${f.figure(link.rho_adjusted)} at the earlier swings; ` +
    `z ${f.signedFigure(link.change_z, 1)}, ${f.chance(link.change_p)}; ${counted}`, stronger);
}

function spilloverAnswer(link: Link): Answer {
  const question = "Spillover";
  const {spillover_received: received, spillover_given: given} = link;
  if (received === null) return answer(question, null, "");
  return answer(question, `${f.share(received)} of ${link.target}'s surprises come from ${link.source}`, `the other way ${f.share(given)}`,
    given !== null && received > given && received >= largeSpillover);
}

function orderAnswer(link: Link): Answer {
  const question = "Order in time, from bars";
  if (link.asymmetry === null) return answer(question, null, rows(link.asymmetry_samples));
  const verdict = link.asymmetry > firstInTime ? `${link.source} moves first`
    : link.asymmetry < -firstInTime ? `${link.target} moves first` : "together, as far as can be told";
  return answer(question, verdict, `z ${f.signedFigure(link.asymmetry, 1)}, ${rows(link.asymmetry_samples)}`, link.asymmetry > firstInTime);
}

function tickAnswer(row: TickCorrelation | undefined): Answer {
  const question = "Correlation of raw ticks";
  if (!row || row.value === null) return answer(question, null, row ? `${row.samples} overlapping pairs` : "");
  return answer(question, f.figure(row.value) + plusMinus(row.standard_error),
    `${row.samples} overlapping pairs${row.tainted ? ", with gaps" : ""}`);
}

export const isMeasured = (link: Link, ticks: TickCorrelation | undefined): boolean => link.ts !== null || (ticks !== undefined && ticks.ts !== null);

export const answersOf = (link: Link, ticks: TickCorrelation | undefined): Answer[] =>
  [partialAnswer(link), changeAnswer(link), spilloverAnswer(link), orderAnswer(link), tickAnswer(ticks)];
