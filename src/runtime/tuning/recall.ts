/** The tunings that hold for a deployment here, remembered from before or measured now. */
import type { DeploymentContents } from '../../deployment/contents.js';
import { artefactOf } from '../open-block.js';
import type { NormalizedOpenOptions } from '../options.js';
import { hashOf } from './hash.js';
import { thisMachine } from './machine.js';
import { besideDeployment, inCache, mayRemember } from './places.js';
import { recallTuning, rememberTunings } from './store.js';
import { hasModel, tuneContents } from './tune.js';
import type { Tuning } from './tuning.js';

/** By the key of the model. */
export type Tunings = ReadonlyMap<string, Tuning>;

/**
 * @param path of the deployment, if it has one
 * @throws as `tuneContents()` and `rememberTunings()`, where something is measured
 */
export async function tuningsFor(
  contents: DeploymentContents,
  path: string | undefined,
  options: NormalizedOpenOptions,
): Promise<Tunings> {
  const recalled = await recallTunings(contents, path, options);
  const missing = contents.impulse.learnBlocks.some(
    (block) => hasModel(block) && !recalled.has(block.artefact),
  );
  if (options.tune !== 'measure' || !missing) return recalled;
  const tunings = await tuneContents(contents, options);
  await rememberInCache(tunings);
  return tunings;
}

/** In the cache folder each model has a file of its own. */
export async function rememberInCache(tunings: Tunings): Promise<void> {
  for (const tuning of tunings.values()) await rememberTunings(inCache(tuning.model.sha256), [tuning]);
}

async function recallTunings(
  { impulse, artefacts }: DeploymentContents,
  path: string | undefined,
  options: NormalizedOpenOptions,
): Promise<Tunings> {
  if (!mayRemember(path)) return new Map();
  const machine = await thisMachine(options);
  const found = await Promise.all(
    impulse.learnBlocks.filter(hasModel).map(async (block) => {
      const sha256 = await hashOf(artefactOf(block, artefacts).bytes);
      const beside =
        path === undefined ? undefined : await recallTuning(besideDeployment(path), sha256, machine);
      return [block.artefact, beside ?? (await recallTuning(inCache(sha256), sha256, machine))] as const;
    }),
  );
  return new Map(found.flatMap(([key, tuning]) => (tuning === undefined ? [] : [[key, tuning] as const])));
}
