/**
 * What the exporter of YOLOv5, YOLOv8 and YOLO11 notes about a model: a Python dict in a text file behind a
 * TFLite model, a JSON file there in newer versions, or properties of an ONNX model.
 */
import type { PythonValue } from './python-literal.js';
import { parsePythonLiteral } from './python-literal.js';

export interface UltralyticsMetadata {
  /** `detect`, `classify`, `segment`, `pose`, `obb`. */
  readonly task?: string;
  /** Labels in the order of the classes. */
  readonly names?: readonly string[];
}

/** Undefined if the text is something else. */
export function readUltralyticsMetadata(text: string): UltralyticsMetadata | undefined {
  const value = parsePythonLiteral(text) ?? parseJson(text);
  if (!(value instanceof Map)) return undefined;
  const names = namesOf(value.get('names'));
  const task = value.get('task');
  if (names === undefined && task === undefined) return undefined;
  return { ...(typeof task === 'string' && { task }), ...(names !== undefined && { names }) };
}

/** The property `names` of an ONNX model, `{0: 'person', 1: 'bicycle'}`; undefined if it is something else. */
export function readUltralyticsNames(text: string): readonly string[] | undefined {
  return namesOf(parsePythonLiteral(text) ?? parseJson(text));
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
