/** The engines, in the order in which `auto` tries them, and the choice among them. */
import type { ModelArtefact } from '../../deployment/contents.js';
import { DeploymentError, EngineError, InputError, isImpulseError, UnsupportedError } from '../../errors.js';
import { engineAskedFor } from '../accelerator-options.js';
import type { Engine, EngineName, ModelSession, SessionOptions } from '../session.js';
import { litertWasmEngine } from './litert-wasm.js';
import { onnxEngine } from './onnx.js';
import { tfjsEngine } from './tfjs.js';
import { tfliteEngine } from './tflite.js';

export const ENGINES: readonly Engine[] = [tfliteEngine, onnxEngine, litertWasmEngine, tfjsEngine];

/** Why an engine was not taken for a model. */
export interface EngineAttempt {
  readonly engine: EngineName;
  readonly reason: string;
  /** One line that would mend it, where something is missing on this machine. */
  readonly remedy?: string;
}

export interface EngineChoice {
  readonly session: ModelSession;
  /** Every other engine, with its reason. */
  readonly attempts: readonly EngineAttempt[];
}

/**
 * Opens a model on the engine asked for, or on the first that can run it. A delegate or an execution provider that is asked
 * for stands for its engine.
 *
 * @throws {DeploymentError} the model itself is broken: no engine would help
 * @throws {UnsupportedError} no engine can run it, or not the one asked for
 * @throws {EngineError} the engine asked for is missing or fails
 */
export async function openSession(
  model: ModelArtefact,
  asked: EngineName | 'auto',
  options: SessionOptions,
): Promise<EngineChoice> {
  const wanted = asked === 'auto' ? (engineAskedFor(options)?.engine ?? 'auto') : asked;
  const attempts: EngineAttempt[] = [];
  const candidates = ENGINES.filter((engine) => wanted === 'auto' || engine.name === wanted);
  let firstError: unknown;
  for (const engine of candidates) {
    const obstacle = await findObstacle(engine, model, options);
    if (obstacle !== undefined) {
      if (wanted !== 'auto') throw obstacleError(engine, model, obstacle, options);
      attempts.push(obstacle);
      continue;
    }
    try {
      const session = await engine.open(model, options);
      const others = ENGINES.filter(
        (other) => other !== engine && !attempts.some((attempt) => attempt.engine === other.name),
      );
      const idle = await Promise.all(others.map((other) => notTaken(other, model, options, wanted)));
      return { session, attempts: [...attempts, ...idle] };
    } catch (error) {
      if (wanted !== 'auto' || !tryNext(error, options)) throw error;
      firstError ??= error;
      attempts.push({ engine: engine.name, reason: messageOf(error) });
    }
  }
  throw noEngine(model, attempts, firstError);
}

async function findObstacle(
  engine: Engine,
  model: ModelArtefact,
  options: SessionOptions,
): Promise<EngineAttempt | undefined> {
  const reason = engine.refusal(model);
  if (reason !== undefined) return { engine: engine.name, reason };
  const status = await engine.probe(options);
  if (status.available) return undefined;
  if (status.error !== undefined) throw status.error;
  return { engine: engine.name, reason: status.reason, remedy: status.remedy };
}

/** A broken model stays broken on every engine, and a library that the caller named must not be passed over. */
function tryNext(error: unknown, options: SessionOptions): boolean {
  if (error instanceof DeploymentError || error instanceof InputError) return false;
  return !(
    isImpulseError(error) &&
    error.code === 'ERR_ENGINE_LIBRARY' &&
    options.tfliteLibrary !== undefined
  );
}

/** Why an engine that was not tried does not run the model. */
async function notTaken(
  engine: Engine,
  model: ModelArtefact,
  options: SessionOptions,
  wanted: EngineName | 'auto',
): Promise<EngineAttempt> {
  const reason = engine.refusal(model);
  if (reason !== undefined) return { engine: engine.name, reason };
  const status = await engine.probe(options);
  if (!status.available) return { engine: engine.name, reason: status.reason, remedy: status.remedy };
  return {
    engine: engine.name,
    reason: wanted === 'auto' ? 'could run it too, but comes later' : `was not asked for: '${wanted}' was`,
  };
}

function obstacleError(
  engine: Engine,
  model: ModelArtefact,
  obstacle: EngineAttempt,
  options: SessionOptions,
): Error {
  const asked = engineAskedFor(options);
  const which = asked === undefined ? '' : `, which the option ${asked.option} is for,`;
  const subject = `Engine '${engine.name}'${which} can't run ${model.name}: ${obstacle.reason}`;
  if (obstacle.remedy === undefined) return new UnsupportedError('ERR_UNSUPPORTED_ENGINE', subject);
  return new EngineError('ERR_ENGINE_UNAVAILABLE', `${subject} ${obstacle.remedy}`);
}

function noEngine(model: ModelArtefact, attempts: readonly EngineAttempt[], cause: unknown): Error {
  const reasons = attempts.map(
    ({ engine, reason, remedy }) => `  ${engine}: ${reason}${remedy ? ` ${remedy}` : ''}`,
  );
  const message = `No engine on this machine can run ${model.name}:\n${reasons.join('\n')}`;
  const operator = isImpulseError(cause) && cause.code === 'ERR_UNSUPPORTED_OPERATOR';
  return new UnsupportedError(operator ? 'ERR_UNSUPPORTED_OPERATOR' : 'ERR_UNSUPPORTED_ENGINE', message, {
    cause,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
