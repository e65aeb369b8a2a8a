/** What went wrong in LiteRT, told in our own error classes. What it says is the lines of its log. */
import type { ImpulseError } from '../../errors.js';
import { EngineError, UnsupportedError } from '../../errors.js';

type Reasons = readonly string[];

/** Makes an error from lines of the log and the name of the model. */
export type Explain = (reasons: Reasons, model: string) => ImpulseError;

/** The model could not be made ready to run. That it is whole is known before: our own reader has read it. */
export function loadError(reasons: Reasons, model: string): UnsupportedError | EngineError {
  const operator = missingOperator(reasons);
  if (operator !== undefined) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_OPERATOR',
      `${model} uses the operator ${operator}, which the engine 'litert-wasm' lacks. ` +
        "Try the engine 'tflite' with a library that has it (the option tfliteLibrary), or convert the model " +
        'without that operator.',
    );
  }
  const unsupported = reasons.find((reason) => /not yet supported/i.test(reason));
  if (unsupported !== undefined) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_ENGINE',
      `${model} can't run on the engine 'litert-wasm': ${unsupported} Try the engine 'tflite'.`,
    );
  }
  return new EngineError('ERR_ENGINE_LOAD', `LiteRT failed to load ${model}: ${reasons.join(' ')}`);
}

/** A run failed. */
export function runError(reasons: Reasons, model: string): EngineError {
  return new EngineError('ERR_ENGINE_RUN', `LiteRT failed to run ${model}: ${reasons.join(' ')}`);
}

/** Name, and version or trouble, of the operator that the log says is missing. */
function missingOperator(reasons: Reasons): string | undefined {
  for (const reason of reasons) {
    const custom = reason.match(/Encountered unresolved custom op: (.+?)\.?$/);
    if (custom !== null) return custom[1];
    const builtin = reason.match(/Didn't find op for builtin opcode '(\w+)' version '(\d+)'/);
    if (builtin !== null) return `${builtin[1]} (version ${builtin[2]})`;
  }
  const unprepared = reasons
    .join('\n')
    .match(/Node number \d+ \((?!TfLiteXNNPackDelegate)(.+?)\) failed to prepare/);
  return unprepared === null ? undefined : `${unprepared[1]} as this model uses it (${reasons[0]})`;
}
