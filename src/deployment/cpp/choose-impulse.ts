/** Which of several impulses in a download is meant. */
import { DeploymentError } from '../../errors.js';
import { suggest } from '../../options.js';
import type { ImpulseSource } from './impulse-source.js';
import { namesOf } from './impulse-source.js';

export interface Candidate {
  /** Folder of its library inside the download, '' or ending in '/'. */
  readonly root: string;
  readonly source: ImpulseSource;
}

/**
 * @param wanted name of the impulse, its variable, its project, its project's id, or its library's folder
 * @throws {DeploymentError} `ERR_DEPLOYMENT_AMBIGUOUS`
 */
export function chooseImpulse(
  candidates: readonly Candidate[],
  wanted: string | undefined,
  where: string,
): Candidate {
  const [only] = candidates;
  const list = candidates.map(describe).join('; ');
  if (wanted === undefined) {
    if (only !== undefined && candidates.length === 1) return only;
    throw new DeploymentError(
      'ERR_DEPLOYMENT_AMBIGUOUS',
      `${where} holds ${candidates.length} impulses: ${list}. Choose one with the option impulse.`,
    );
  }
  const matching = candidates.filter((candidate) => keysOf(candidate).includes(wanted));
  const [match] = matching;
  if (match !== undefined && matching.length === 1) return match;
  const keys = [...new Set(candidates.flatMap(keysOf))];
  throw new DeploymentError(
    'ERR_DEPLOYMENT_AMBIGUOUS',
    matching.length === 0
      ? `${where} holds no impulse '${wanted}'. ${suggest(wanted, keys)} It holds: ${list}.`
      : `${where} holds ${matching.length} impulses that '${wanted}' fits: ${matching.map(describe).join('; ')}.`,
  );
}

function keysOf({ root, source }: Candidate): string[] {
  const folder = root.replace(/\/$/, '');
  const parts = folder === '' ? [] : [root, folder, ...folder.split('/').slice(-2)];
  return [...new Set([...namesOf(source), ...parts])];
}

function describe({ root, source }: Candidate): string {
  const [first = 'an impulse', ...others] = namesOf(source);
  const details = [...others.slice(0, 2), ...(root === '' ? [] : [`in ${root}`])].join(', ');
  return details === '' ? `'${first}'` : `'${first}' (${details})`;
}
