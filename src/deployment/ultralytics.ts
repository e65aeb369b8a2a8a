/**
 * What the exporter of YOLOv5, YOLOv8 and YOLO11 notes about a model: a Python dict in a text file behind a
 * TFLite model, a JSON file there in newer versions, or properties of an ONNX model.
 */
import type { PythonValue } from './python-literal.js';
import { parsePythonLiteral } from './python-literal.js';

export interface UltralyticsMetadata {
  /** `detect`, `classify`, `segment`, `pose`, `obb`; the exporter of YOLOv5 does not say it. */
  readonly task?: string;
  /** Labels in the order of the classes. */
  readonly names?: readonly string[];
  /** Pixels between the cells of the coarsest grid. */
  readonly stride?: number;
  /** Of the exporter: `8.3.91`. */
  readonly version?: string;
}

/** Undefined if the text is something else. */
export function readUltralyticsMetadata(text: string): UltralyticsMetadata | undefined {
  const value = parsePythonLiteral(text) ?? parseJson(text);
  return value instanceof Map ? metadataOf((key) => value.get(key)) : undefined;
}

/** From the properties of an ONNX model, each of which is a text of its own; undefined if they are others. */
export function readUltralyticsProperties(
  properties: ReadonlyMap<string, string>,
): UltralyticsMetadata | undefined {
  const literal = (text = ''): unknown => parsePythonLiteral(text) ?? parseJson(text);
  return metadataOf((key) =>
    key === 'names' || key === 'stride' ? literal(properties.get(key)) : properties.get(key),
  );
}

function metadataOf(get: (key: string) => unknown): UltralyticsMetadata | undefined {
  const names = namesOf(get('names'));
  const [task, stride, version] = [get('task'), get('stride'), get('version')];
  if (names === undefined && typeof task !== 'string') return undefined;
  return {
    ...(typeof task === 'string' && { task }),
    ...(names !== undefined && { names }),
    ...(typeof stride === 'number' && { stride }),
    ...(typeof version === 'string' && { version }),
  };
}

/** A list of names, or names by class number, without a gap. */
function namesOf(value: unknown): readonly string[] | undefined {
  const list = value instanceof Map ? fromNumbered(value) : value;
  return Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === 'string')
    ? list
    : undefined;
}

function fromNumbered(names: ReadonlyMap<PythonValue, PythonValue>): unknown[] {
  return Array.from({ length: names.size }, (_, i) => names.get(i) ?? names.get(String(i)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? new Map(Object.entries(value))
        : value,
    );
  } catch {
    return undefined;
  }
}
