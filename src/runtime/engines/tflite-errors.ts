/** What went wrong in the TensorFlow Lite library, told in our own error classes. */
import { BUILTIN_OPERATORS } from '../../deployment/tflite/operators.js';
import type { ImpulseError } from '../../errors.js';
import { ClosedError, EngineError, InputError, UnsupportedError } from '../../errors.js';
import type { NativeFailure } from '../../native/addon.js';
import type { TfliteDelegate } from '../session.js';

/** Custom operators that a compiler for other hardware puts into a model: no library for a CPU has them. */
const HARDWARE_OPERATORS: Readonly<Record<string, string>> = {
  'ethos-u': 'an Arm Ethos-U NPU (the Vela compiler)',
  'edgetpu-custom-op': 'a Coral Edge TPU',
};

/**
 * A model that the library could not load.
 *
 * @param reason the library's own words
 * @param model name of the model, for messages
 * @param version of the library
 * @param delegate the one that was asked for
 */
export function loadError(
  reason: string,
  model: string,
  version: string,
  delegate?: TfliteDelegate,
): UnsupportedError | EngineError {
  const operator = missingOperator(reason, model, version, delegate);
  if (operator !== undefined) return new UnsupportedError('ERR_UNSUPPORTED_OPERATOR', operator);
  const beside = delegate === undefined ? '' : ` with the delegate ${delegate.path}`;
  return new EngineError(
    'ERR_ENGINE_LOAD',
    `TensorFlow Lite ${version} failed to load ${model}${beside}: ${oneLine(reason)}`,
  );
}

/** A run that was refused or failed. */
export function runError(error: unknown, model: string): ImpulseError | unknown {
  if (!isNativeFailure(error)) return error;
  switch (error.kind) {
    case 'closed':
      return new ClosedError('ERR_CLOSED', 'The session was closed before this run began.');
    case 'not-finite':
      return new InputError(
        'ERR_INPUT_NOT_FINITE',
        `${model}: ${error.message}. Every element of a model's input must be a finite number.`,
      );
    case 'engine':
    case 'delegate':
      return new EngineError(
        'ERR_ENGINE_RUN',
        `TensorFlow Lite failed to run ${model}: ${oneLine(error.message)}`,
      );
  }
}

/** The library's messages come as lines. */
export function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

function missingOperator(
  reason: string,
  model: string,
  version: string,
  delegate: TfliteDelegate | undefined,
): string | undefined {
  const customs = [...reason.matchAll(/Encountered unresolved custom op: (.+?)\.?\s*$/gm)].map(
    ([, name = '']) => name,
  );
  const builtins = [
    ...[...reason.matchAll(/Didn't find op for builtin opcode '(\w+)' version '(\d+)'/g)].map(
      ([, name, since]) => `${name} (version ${since})`,
    ),
    ...[...reason.matchAll(/builtin_code out of range: (\d+)/g)].map(
      ([, code]) => BUILTIN_OPERATORS[Number(code)] ?? `number ${code}`,
    ),
  ];
  const names = [...new Set([...builtins, ...customs])];
  const [first] = names;
  if (first === undefined) return undefined;
  if (delegate !== undefined) {
    return (
      `${model} uses the operator${names.length > 1 ? 's' : ''} ${names.join(', ')}, which TensorFlow Lite ${version} lacks, ` +
      `and the delegate ${delegate.path} did not take. Give the delegate that the model was made for.`
    );
  }
  const hardware = HARDWARE_OPERATORS[first];
  if (hardware !== undefined) {
    return (
      `${model} was compiled for ${hardware}: its operator '${first}' runs on that hardware only. ` +
      'Give its delegate (option tfliteDelegate), or download the deployment again without that target.'
    );
  }
  const subject = `${model} uses the operator${names.length > 1 ? 's' : ''} ${names.join(', ')}, which TensorFlow Lite ${version} lacks. `;
  if (builtins.length > 0) return `${subject}Engine 'litert-wasm' is a newer TFLite and may have it.`;
  return `${subject}It is a custom operator: give a library that was built with it as the option tfliteLibrary.`;
}

export function isNativeFailure(error: unknown): error is NativeFailure {
  return error instanceof Error && 'kind' in error;
}
