/** One table for each peer: the same model and input here and there, in turns, each trial in a fresh process. */
import { progress, report } from '../support/report.mjs';
import { number, verdict } from '../support/table.mjs';
import { interleave, nodeTrial, ownTrial, required } from '../support/trials.mjs';

const ROUNDS = 3;
const LATE_MS = 500;

/**
 * Measures and reports. What a peer can't run stays empty, and a note says why.
 *
 * @typedef {{ name: string, theirs: { script: URL, spec: object }, ours: object, counts: { warmup: number, runs: number },
 *   wanted?: number | null }} Row `ours`: an `OwnTrial` without its counts; `wanted`: at least so many times their time
 * @param {{ title: string, peer: string, rows: readonly Row[], notes?: readonly string[] }} comparison
 */
export function compareWithPeer({ title, peer, rows, notes = [] }) {
  const measured = rows.map((row) => ({ ...row, ...measure(peer, row) }));
  const anyWanted = rows.some(({ wanted }) => wanted);
  report({
    title,
    columns: [
      'model',
      number(`${peer}, ms`, 3),
      number('ours, ms', 3),
      number('theirs / ours', 2),
      ...(anyWanted ? ['wanted'] : []),
      number('event loop late p99: theirs, ms', 2),
      number('ours, ms', 2),
    ],
    rows: measured.map(({ name, wanted, theirs, ours }) => {
      const ratio = 'failed' in theirs ? null : theirs.p50Ms / ours.p50Ms;
      const judged = wanted && ratio !== null ? verdict(ratio, { least: wanted }) : null;
      return [
        name,
        theirs.p50Ms ?? null,
        ours.p50Ms,
        ratio,
        ...(anyWanted ? [judged] : []),
        theirs.lateP99Ms ?? null,
        ours.lateP99Ms,
      ];
    }),
    notes: [
      ...notes,
      `Medians of ${ROUNDS} rounds. Late: how late a timer of 1 ms fires while one call follows another, with a turn of the event loop between them.`,
      ...failureNotes(peer, measured),
    ],
  });
}

function measure(peer, { name, theirs, ours, counts }) {
  progress(`${peer}: ${name}`);
  const watched = { ...counts, lateMs: LATE_MS };
  const results = interleave(
    {
      theirs: nodeTrial(theirs.script, { ...theirs.spec, ...watched }),
      ours: ownTrial({ ...ours, ...watched }),
    },
    ROUNDS,
  );
  return { theirs: results.theirs, ours: required(results.ours) };
}

/** Each reason once, with the rows that it is true of. */
function failureNotes(peer, measured) {
  const failed = measured.filter(({ theirs }) => 'failed' in theirs);
  const reasons = [...new Set(failed.map(({ theirs }) => theirs.failed))];
  return reasons.map((reason) => {
    const names = failed.filter(({ theirs }) => theirs.failed === reason).map(({ name }) => name);
    return `${peer} does not run ${names.length === measured.length ? 'here' : names.join('; ')}: ${reason}`;
  });
}
