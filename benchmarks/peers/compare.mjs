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
 * @param {{ title: string, peer: string, rows: readonly Row[], notes?: readonly string[], rounds?: number }} comparison
 */
export function compareWithPeer({ title, peer, rows, notes = [], rounds = ROUNDS }) {
  const failures = new Map();
  const cells = rows.map(({ name, theirs, ours, counts, wanted = null }) => {
    progress(`${peer}: ${name}`);
    const measured = { ...counts, lateMs: LATE_MS };
    const results = interleave(
      {
        theirs: nodeTrial(theirs.script, { ...theirs.spec, ...measured }),
        ours: ownTrial({ ...ours, ...measured }),
      },
      rounds,
    );
    const own = required(results.ours);
    if ('failed' in results.theirs) {
      const { failed } = results.theirs;
      failures.set(failed, [...(failures.get(failed) ?? []), name]);
      return [name, null, own.p50Ms, null, null, null, own.lateP99Ms];
    }
    const ratio = results.theirs.p50Ms / own.p50Ms;
    return [
      name,
      results.theirs.p50Ms,
      own.p50Ms,
      ratio,
      wanted && verdict(ratio, { least: wanted }),
      results.theirs.lateP99Ms,
      own.lateP99Ms,
    ];
  });
  report({
    title,
    columns: [
      'model',
      number(`${peer}, ms`, 3),
      number('ours, ms', 3),
      number('theirs / ours', 2),
      'wanted',
      number('event loop late p99: theirs, ms', 2),
      number('ours, ms', 2),
    ],
    rows: cells,
    notes: [
      ...notes,
      `Medians of ${rounds} rounds. Late: how late a timer of 1 ms fires while one call follows another, with a turn of the event loop between them.`,
      ...[...failures].map(([why, names]) => `${peer} does not run ${namesOf(names, rows)}: ${why}`),
    ],
  });
}

function namesOf(names, rows) {
  return names.length === rows.length ? 'here' : names.join('; ');
}
