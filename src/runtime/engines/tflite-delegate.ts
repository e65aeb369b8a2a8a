/** A TFLite delegate that the caller asked for: how it is handed over, what it took of a model, and why it can't be had. */
import { basename } from 'node:path';
import { EngineError } from '../../errors.js';
import type { NativeOpenOptions, OpenedSession } from '../../native/addon.js';
import type { TfliteDelegate } from '../session.js';
import { oneLine } from './tflite-errors.js';

type Share = OpenedSession['share'];

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

/** How people call what runs a model: `libedgetpu.so.1`, or `libarmnnDelegate.so, xnnpack` where kernels have a part of it. */
export function delegateName({ path }: TfliteDelegate, share: Share, kernels: string): string {
  return kernels === 'none' || tookAll(share) ? basename(path) : `${basename(path)}, ${kernels}`;
}

/** What the delegate left to the kernels. */
export function delegateNotes({ path }: TfliteDelegate, share: Share, kernels: string): string[] {
  if (share === undefined || tookAll(share)) return [];
  const rest = kernels === 'none' ? "TFLite's own kernels have" : `${kernels} has`;
  return [`${basename(path)} took ${share.taken} of ${share.operators} operators; ${rest} the rest`];
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

function tookAll(share: Share): boolean {
  return share !== undefined && share.taken === share.operators;
}

function isEdgeTpu(path: string): boolean {
  return basename(path).startsWith('libedgetpu');
}
