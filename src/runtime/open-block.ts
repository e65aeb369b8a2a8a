/** One learn block and its model: opened, checked against each other, and warmed up. */
import type { DeploymentContents, ModelArtefact } from '../deployment/contents.js';
import type { LearnBlock } from '../deployment/impulse.js';
import { DeploymentError, EngineError, UnsupportedError } from '../errors.js';
import { checkOutputs } from '../postprocess/decode.js';
import type { EngineChoice } from './engines/index.js';
import { openSession } from './engines/index.js';
import { poolSessions, withDetails } from './engines/pool.js';
import type { ModelBlock, OpenBlock } from './learn-block.js';
import { inputSize } from './learn-block.js';
import type { InputPlan } from './model-inputs.js';
import { arrangeInputs, emptyInput, planInputs } from './model-inputs.js';
import type { NormalizedOpenOptions } from './options.js';
import type { EngineName, ModelSession } from './session.js';
import { measuredAttempt } from './tuning/attempts.js';
import { withSetting } from './tuning/settings.js';
import type { Tuning } from './tuning/tuning.js';

/**
 * @param tuning what was measured of its model; it takes the place of the options' engine, threads and kernels
 * @throws as `openDeployment()`; nothing stays open then
 */
export async function openBlock(
  { impulse, artefacts }: DeploymentContents,
  block: LearnBlock,
  options: NormalizedOpenOptions,
  tuning?: Tuning,
): Promise<OpenBlock> {
  if (block.modelType === 'anomaly' && block.algorithm === 'kmeans') return { kind: 'kmeans', block };
  const { session, ...choice } = await openTuned(artefactOf(block, artefacts), options, tuning);
  try {
    const plan = planInputs(impulse, block, session.inputs);
    checkOutputs(block, session.outputs, inputSize(impulse));
    if (options.warmUp) await warmUp(session, plan);
    return { kind: 'model', block, session, plan, ...choice };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** What was measured is advice: where it can't be followed any more, the deployment opens all the same, and says so. */
async function openTuned(
  model: ModelArtefact,
  options: NormalizedOpenOptions,
  tuning: Tuning | undefined,
): Promise<EngineChoice & Pick<ModelBlock, 'tuning'>> {
  if (tuning === undefined) return openPool(model, options);
  const threads = Math.min(tuning.chosen.threads, shareOfThreads(options));
  try {
    const { session, attempts } = await openPool(model, withSetting(options, { ...tuning.chosen, threads }));
    return { session, attempts: attempts.map((attempt) => measuredAttempt(attempt, tuning)), tuning };
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof UnsupportedError)) throw error;
    const { session, attempts } = await openPool(model, options);
    return {
      session: noted(session, `The setting that was measured can't be used: ${error.message}`),
      attempts,
    };
  }
}

/** One session has all the threads that were measured to be best. */
function shareOfThreads({ sessions, threads }: NormalizedOpenOptions): number {
  return sessions === 1 ? Number.POSITIVE_INFINITY : threads;
}

/** As many sessions as were asked for, those after the first on its engine. */
async function openPool(model: ModelArtefact, options: NormalizedOpenOptions): Promise<EngineChoice> {
  const choice = await openModel(model, options.engine, options);
  if (options.sessions === 1) return choice;
  const { session, attempts } = choice;
  if (session.details.stateful) {
    const note = `One session instead of ${options.sessions}: the model remembers earlier runs.`;
    return { session: noted(session, note), attempts };
  }
  const { engine } = session.details;
  const others = Array.from({ length: options.sessions - 1 }, () => openModel(model, engine, options));
  const settled = await Promise.allSettled(others);
  const opened = settled.flatMap((other) => (other.status === 'fulfilled' ? [other.value.session] : []));
  const pool = poolSessions(session, opened);
  const failure = settled.find(({ status }) => status === 'rejected');
  if (failure === undefined) return { session: pool, attempts };
  await pool.close();
  throw (failure as PromiseRejectedResult).reason;
}

function noted(session: ModelSession, note: string): ModelSession {
  return withDetails(session, { ...session.details, notes: [...session.details.notes, note] });
}

/** Here, or in a process of its own. */
async function openModel(
  model: ModelArtefact,
  engine: EngineName | 'auto',
  {
    threads,
    xnnpack,
    tfliteLibrary,
    tfliteDelegate,
    executionProvider,
    isolation,
    startTimeoutMs,
    requestTimeoutMs,
  }: NormalizedOpenOptions,
): Promise<EngineChoice> {
  const options = {
    threads,
    xnnpack,
    ...(tfliteLibrary !== undefined && { tfliteLibrary }),
    ...(tfliteDelegate !== undefined && { tfliteDelegate }),
    ...(executionProvider !== undefined && { executionProvider }),
  };
  if (isolation === 'none') return openSession(model, engine, options);
  const { openIsolated } = await import('./engines/isolated/session.js');
  return openIsolated(
    { model, wanted: engine, options },
    {
      ...(startTimeoutMs !== undefined && { startTimeoutMs }),
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    },
  );
}

/** A run that fails here will fail again where somebody waits for it, and is told there. */
async function warmUp(session: ModelSession, plan: InputPlan): Promise<void> {
  if (session.details.stateful) return;
  const inputs = arrangeInputs(plan, emptyInput(plan));
  const runs = Array.from({ length: session.details.sessions ?? 1 }, () => session.run(inputs));
  for (const result of await Promise.allSettled(runs)) {
    if (result.status === 'fulfilled') result.value.release();
  }
}

/** @throws {DeploymentError} `ERR_MODEL_MISSING` */
export function artefactOf(block: LearnBlock, artefacts: ReadonlyMap<string, ModelArtefact>): ModelArtefact {
  const artefact = artefacts.get(block.artefact);
  if (artefact !== undefined) return artefact;
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `Learn block ${block.id} (${block.name}) names the model '${block.artefact}', which the download does not hold.`,
  );
}
