/** A TFLite delegate that the caller asked for: how it is handed over, what it took of a model, and why it can't be had. */
import { basename } from 'node:path';
import { EngineError } from '../../errors.js';
import type { NativeOpenOptions, OpenedSession } from '../../native/addon.js';
import type { SessionDetails, TfliteDelegate } from '../session.js';
import { oneLine } from './tflite-errors.js';

/** As the addon takes it. */
export function nativeDelegate({
  path,
  options = {},
}: TfliteDelegate): NonNullable<NativeOpenOptions['delegate']> {
  return { path, options: Object.entries(options) };
}

/** The delegate can't be had, whatever the model. */
export function unusableDelegate({ path }: TfliteDelegate, reason: string): EngineError {
  return new EngineError(
    'ERR_ENGINE_LIBRARY',
    `The TFLite delegate ${path} (option tfliteDelegate) can't be used: ${oneLine(reason).replace(/\.$/, '')}. ${advice(path)}`,
  );
}

/**
 * Who runs a model, where the delegate has a part of it.
 *
 * @param share undefined where the delegate does not let itself be watched
 * @param kernels name of those that have the rest
 * @param notes what is to be said of those kernels
 */
export function withDelegate(
  { path }: TfliteDelegate,
  share: OpenedSession['share'],
  kernels: string,
  notes: readonly string[],
): Pick<SessionDetails, 'delegate' | 'notes'> {
  const name = basename(path);
  const delegate = kernels === 'none' ? name : `${name}, ${kernels}`;
  if (share === undefined) return { delegate, notes };
  const { taken, operators } = share;
  if (taken === operators) return { delegate: name, notes: [] };
  const rest = kernels === 'none' ? "TFLite's own kernels have" : `${kernels} has`;
  return { delegate, notes: [...notes, `${name} took ${taken} of ${operators} operators; ${rest} the rest`] };
}

/** It left everything to the kernels: the model would run as if nobody had asked for it. */
export function idleDelegate({ path }: TfliteDelegate, model: string): EngineError {
  const advice = isEdgeTpu(path)
    ? 'Compile the model for the Edge TPU (edgetpu_compiler)'
    : 'Give a model that it can run';
  return new EngineError(
    'ERR_ENGINE_LOAD',
    `The TFLite delegate ${path} takes no operator of ${model}, which would run on the CPU as without it. ` +
      `${advice}, or leave out the option tfliteDelegate.`,
  );
}

function advice(path: string): string {
  if (isEdgeTpu(path)) {
    return "Is an Edge TPU connected, and may this user open it (Debian: group plugdev)? 'impulse doctor' lists those that it sees.";
  }
  return "Give the path of a delegate's library for this machine, with the options that it needs, or leave the option out.";
}

function isEdgeTpu(path: string): boolean {
  return basename(path).startsWith('libedgetpu');
}
