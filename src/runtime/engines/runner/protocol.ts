/** The messages of an `.eim` and their answers. Everything that comes from the process is checked here. */
import * as v from 'valibot';
import { EngineError } from '../../../errors.js';

/** Over this a runner ends itself. */
export const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/** What is asked of a runner. */
export type Request =
  | { readonly hello: 1 }
  | { readonly classify: Float32Array }
  | { readonly classify_continuous: Float32Array }
  | { readonly classify_shm: { readonly elements: number } }
  | { readonly classify_continuous_shm: { readonly elements: number } }
  | { readonly set_threshold: Readonly<Record<string, number>> };

/**
 * A request as it is sent. Runners find its end by counting braces, those within strings too, and never recover from a
 * stray one; so no text may be in it but the names given here, which have none.
 */
export function encodeRequest(request: Request, id: number): string {
  if ('classify' in request) return `{"classify":[${request.classify.join(',')}],"id":${id}}\n`;
  if ('classify_continuous' in request) {
    return `{"classify_continuous":[${request.classify_continuous.join(',')}],"id":${id}}\n`;
  }
  return `${JSON.stringify({ ...request, id })}\n`;
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Finite = v.pipe(v.number(), v.finite());
/** Generators write both. */
const Truth = v.union([
  v.boolean(),
  v.pipe(
    v.number(),
    v.transform((value) => value !== 0),
  ),
]);

const SharedMemory = v.object({
  name: v.string(),
  size_bytes: Count,
  type: v.optional(v.string(), 'float32'),
  elements: Count,
});
export type SharedMemory = v.InferOutput<typeof SharedMemory>;

const ModelParameters = v.object({
  input_features_count: v.pipe(Count, v.minValue(1)),
  sensor: v.optional(v.number(), -1),
  frequency: v.optional(Finite, 0),
  axis_count: v.optional(Count, 1),
  image_input_width: v.optional(Count, 0),
  image_input_height: v.optional(Count, 0),
  image_input_frames: v.optional(Count, 1),
  image_channel_count: v.optional(Count, 0),
  image_resize_mode: v.optional(v.string()),
  label_count: v.optional(Count),
  labels: v.optional(v.array(v.string()), []),
  has_anomaly: v.optional(v.union([v.number(), v.boolean()]), 0),
  has_object_tracking: v.optional(Truth, false),
  model_type: v.optional(v.string(), 'classification'),
  slice_size: v.optional(Count),
  use_continuous_mode: v.optional(v.boolean()),
  inferencing_engine: v.optional(v.number()),
  thresholds: v.optional(
    v.array(v.objectWithRest({ id: v.pipe(v.number(), v.integer()), type: v.string() }, v.unknown())),
    [],
  ),
});
export type ModelParameters = v.InferOutput<typeof ModelParameters>;

const Hello = v.object({
  project: v.optional(
    v.object({
      id: v.optional(v.number()),
      owner: v.optional(v.string()),
      name: v.optional(v.string()),
      deploy_version: v.optional(v.number()),
      impulse_id: v.optional(v.number()),
      impulse_name: v.optional(v.string()),
    }),
    {},
  ),
  model_parameters: ModelParameters,
  inferencing_engine: v.optional(
    v.object({ engine_type: v.number(), properties: v.optional(v.array(v.string()), []) }),
  ),
  features_shm: v.optional(SharedMemory),
  features_shm_error: v.optional(v.string()),
  freeform_output_shm: v.optional(v.array(v.object({ ...SharedMemory.entries, index: Count })), []),
});
/** Answer to `hello`, with the values that older runners leave out. */
export type Hello = v.InferOutput<typeof Hello>;

const Box = v.object({
  label: v.string(),
  value: Finite,
  x: Finite,
  y: Finite,
  width: Finite,
  height: Finite,
});
export type Box = v.InferOutput<typeof Box>;

const Timing = v.object({
  dsp: v.optional(Finite, 0),
  classification: v.optional(Finite, 0),
  anomaly: v.optional(Finite, 0),
  postprocessing: v.optional(Finite, 0),
});

/** Any label may be a key, also those that a record of the checking library leaves out (`constructor`). */
const Labelled = v.custom<Readonly<Record<string, number>>>(
  (input) => typeof input === 'object' && input !== null && Object.values(input).every(Number.isFinite),
  'Expected an object of numbers',
);

/** May have millions of elements. */
const NumberList = v.custom<readonly number[]>(
  (input) => Array.isArray(input) && input.every(Number.isFinite),
  'Expected an array of numbers',
);

const ClassifyAnswer = v.object({
  result: v.object({
    classification: v.optional(v.nullable(Labelled)),
    bounding_boxes: v.optional(v.array(Box)),
    object_tracking: v.optional(v.array(v.object({ ...Box.entries, object_id: v.number() }))),
    visual_anomaly_grid: v.optional(v.array(Box)),
    visual_anomaly_max: v.optional(Finite),
    visual_anomaly_mean: v.optional(Finite),
    anomaly: v.optional(Finite),
    freeform: v.optional(v.union([v.literal('shm'), v.array(NumberList)])),
  }),
  timing: v.optional(Timing, {}),
  info: v.optional(v.string()),
});
/** Answer to the four ways to classify. */
export type ClassifyAnswer = v.InferOutput<typeof ClassifyAnswer>;

const Envelope = v.object({
  id: v.optional(v.number()),
  success: v.optional(v.boolean()),
  error: v.optional(v.string()),
});

/** An answer, before it is known to what. */
export interface Answer {
  /** Absent where the runner could not tell which request it answers. */
  readonly id?: number;
  /** Why the request failed, in the runner's words. */
  readonly error?: string;
  readonly body: unknown;
}

/** @throws {EngineError} `ERR_ENGINE_OUTPUT` */
export function parseAnswer(text: string): Answer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw nonsense(`its answer is not JSON (${text.slice(0, 80)})`, cause);
  }
  const { id, success, error } = check(Envelope, body, 'its answer');
  if (success === true) return { ...(id !== undefined && { id }), body };
  return { ...(id !== undefined && { id }), error: error ?? 'it gave no reason', body };
}

/** @throws {EngineError} `ERR_ENGINE_OUTPUT` */
export function readHello(body: unknown): Hello {
  return check(Hello, body, "its answer to 'hello'");
}

/** @throws {EngineError} `ERR_ENGINE_OUTPUT` */
export function readClassifyAnswer(body: unknown): ClassifyAnswer {
  return check(ClassifyAnswer, body, 'its result');
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
  what: string,
): v.InferOutput<Schema> {
  const outcome = v.safeParse(schema, body, { abortEarly: true });
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  const path = v.getDotPath(issue);
  throw nonsense(`${what}${path === null ? '' : `, at ${path},`} is not as promised: ${issue.message}`);
}

function nonsense(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_ENGINE_OUTPUT', `The runner can't be understood: ${what}.`, { cause });
}
