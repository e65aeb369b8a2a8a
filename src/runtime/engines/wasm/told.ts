/**
 * Reads what comes out of the fence. Our own code writes it there, but with JSON and objects that a stranger may have
 * changed, so it can be anything.
 */
import * as v from 'valibot';
import type { ModuleFacts, RawResult } from './guest.js';

const Scalar = v.union([v.string(), v.number(), v.boolean()]);
const Facts = v.record(v.string(), Scalar);
const Row = v.record(v.string(), v.nullable(Scalar));
/** Not a number, or left out, arrives as null. */
const Score = v.optional(v.nullable(v.number()), null);

const ModuleFactsSchema = v.object({
  properties: Facts,
  project: v.exactOptional(Facts),
  labels: v.exactOptional(v.array(v.string())),
  thresholds: v.exactOptional(v.array(Facts)),
  continuous: v.boolean(),
  settable: v.boolean(),
}) satisfies v.GenericSchema<unknown, ModuleFacts>;

const RawResultSchema = v.object({
  code: v.number(),
  anomaly: Score,
  rows: v.array(Row),
  tracked: v.exactOptional(v.array(Row)),
  grid: v.exactOptional(v.object({ cells: v.array(Row), max: Score, mean: Score })),
  tensors: v.pipe(v.number(), v.integer(), v.minValue(0)),
}) satisfies v.GenericSchema<unknown, RawResult>;

/** @throws {Error} it is something else */
export function readFacts(json: string): ModuleFacts {
  return read(ModuleFactsSchema, json, 'what it says of itself');
}

/** @throws {Error} it is something else */
export function readResult(json: string): RawResult {
  return read(RawResultSchema, json, 'its result');
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
  what: string,
): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error(`${what} can't be understood`);
  }
  const outcome = v.safeParse(schema, value, { abortEarly: true });
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  throw new Error(
    `${what} can't be understood: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message.slice(0, 200)}`,
  );
}
