/** What went wrong in ONNX Runtime, told in our own error classes. Its binding throws plain text only. */
import type { ImpulseError } from '../../errors.js';
import { DeploymentError, EngineError, UnsupportedError } from '../../errors.js';

/** Why a model could not be loaded. */
export function loadError(error: unknown, model: string, version: string): ImpulseError {
  const text = firstLine(error);
  const runtime = `ONNX Runtime ${version}`;
  const missing = missingOperator(text);
  if (missing !== undefined) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_OPERATOR',
      `${model} uses the operator ${missing}, which ${runtime} lacks. Export the model with standard operators ` +
        'of an older opset, or convert it to TFLite.',
      { cause: error },
    );
  }
  const opset = text.match(/Opset (\d+) is under development.*is till opset (\d+)/);
  if (opset !== null) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_OPERATOR',
      `${model} uses operators of opset ${opset[1]}, and ${runtime} has those up to opset ${opset[2]}. ` +
        `Export the model with opset ${opset[2]} or older.`,
      { cause: error },
    );
  }
  const format = text.match(/Unsupported model IR version: (\d+), max supported IR version: (\d+)/);
  if (format !== null) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${model} is of ONNX format version ${format[1]}, and ${runtime} reads up to ${format[2]}. ` +
        'Export the model with an older version of the exporter.',
      { cause: error },
    );
  }
  if (/external data/i.test(text)) {
    return new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${model} keeps its weights in a separate file. Save the model again as one file ` +
        '(onnx.save_model with save_as_external_data=False).',
      { cause: error },
    );
  }
  if (DAMAGED.some((pattern) => pattern.test(text))) {
    return new DeploymentError('ERR_MODEL_INVALID', `${model} is not a valid ONNX model: ${text}`, {
      cause: error,
    });
  }
  return new EngineError('ERR_ENGINE_LOAD', `${runtime} failed to load ${model}: ${text}`, { cause: error });
}

/** Why a run failed. */
export function runError(error: unknown, model: string): EngineError {
  return new EngineError('ERR_ENGINE_RUN', `ONNX Runtime failed to run ${model}: ${firstLine(error)}`, {
    cause: error,
  });
}

const DAMAGED = [
  /protobuf parsing failed/i,
  /invalid model/i,
  /data pointer is null/i,
  /does not match expected size/i,
  /shape inference error/i,
  /invalid protobuf/i,
];

/** Name and version of the operator that a message says is unknown, or unknown for such tensors. */
function missingOperator(text: string): string | undefined {
  const custom = text.match(/Fatal error: (\S+?)(?:\(-?\d+\))? is not a registered function\/op/);
  if (custom !== null) return custom[1];
  const unknown = text.match(/No Op registered for (\S+) with domain_version of (\d+)/);
  if (unknown !== null) return `${unknown[1]} (opset ${unknown[2]})`;
  const unimplemented = text.match(/Could not find an implementation for (\S+?)\((\d+)\) node/);
  if (unimplemented !== null) return `${unimplemented[1]} (version ${unimplemented[2]}) for its tensor types`;
  const mistyped = text.match(/Type '(.+?)' of input parameter .* of operator \((\w+)\)/);
  return mistyped === null ? undefined : `${mistyped[2]} for ${mistyped[1]}`;
}

/** The runtime's words, without the place in its own sources that many messages begin with. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [line = ''] = text
    .replace(/\/onnxruntime_src\/\S+ .*?\) /g, '')
    .trim()
    .split('\n');
  return line.length > 400 ? `${line.slice(0, 397)}...` : line;
}
