/** Bodies of answers that several routes give, for the OpenAPI document. */
import * as v from 'valibot';
import { failureSchema } from './validation.js';

const ratio = v.pipe(v.number(), v.description('0..1 of the model input'));

export const responseBox = v.object({
  label: v.string(),
  x: ratio,
  y: ratio,
  width: ratio,
  height: ratio,
  score: v.number(),
});

/** What the hosted API calls `TestPretrainedModelResponse`. */
export const classifyResponse = v.object({
  success: v.boolean(),
  error: v.optional(v.string()),
  result: v.optional(v.record(v.string(), v.number())),
  boundingBoxes: v.optional(v.array(responseBox)),
  freeformResult: v.optional(
    v.object({
      outputTensors: v.array(
        v.object({ shape: v.array(v.number()), dataType: v.string(), data: v.array(v.number()) }),
      ),
    }),
  ),
  anomalyResult: v.optional(
    v.array(
      v.object({
        boxes: v.array(responseBox),
        scores: v.array(v.array(v.number())),
        meanScore: v.number(),
        maxScore: v.number(),
      }),
    ),
  ),
});

export const succeeded = v.object({ success: v.literal(true) });
/** What the hosted API calls `StartJobResponse`. */
export const startedJob = v.object({ success: v.literal(true), id: v.number() });

const tensor = v.object({
  dataType: v.pipe(v.string(), v.description('int8, uint8, float32; any other by its own name')),
  name: v.string(),
  shape: v.array(v.number()),
  quantizationScale: v.optional(v.number()),
  quantizationZeroPoint: v.optional(v.number()),
});

const memory = v.object({ ram: v.number(), rom: v.number(), arenaSize: v.number() });

const profile = v.object({
  variant: v.string(),
  device: v.string(),
  tfliteFileSizeBytes: v.number(),
  isSupportedOnMcu: v.boolean(),
  mcuSupportError: v.optional(v.string()),
  memory: v.optional(v.object({ tflite: memory })),
  timePerInferenceMs: v.optional(v.number()),
  customMetrics: v.array(v.object({ name: v.string(), value: v.string() })),
  hasPerformance: v.boolean(),
});

const microcontroller = v.object({
  description: v.string(),
  supported: v.boolean(),
  mcuSupportError: v.optional(v.string()),
});

const processor = v.object({
  description: v.string(),
  timePerInferenceMs: v.optional(v.number()),
  rom: v.optional(v.number()),
  supported: v.boolean(),
});

/** What the hosted API calls `GetPretrainedModelResponse`. */
export const pretrainedResponse = v.object({
  success: v.literal(true),
  specificDeviceSelected: v.literal(false),
  availableModelTypes: v.array(v.picklist(['int8', 'float32'])),
  model: v.optional(
    v.object({
      fileName: v.string(),
      profileInfo: v.optional(
        v.object({
          float32: v.optional(profile),
          int8: v.optional(profile),
          table: v.object({
            variant: v.string(),
            lowEndMcu: microcontroller,
            highEndMcu: microcontroller,
            highEndMcuPlusAccelerator: microcontroller,
            mpu: processor,
            gpuOrMpuAccelerator: processor,
          }),
        }),
      ),
      inputs: v.array(tensor),
      outputs: v.array(tensor),
      profileJobId: v.optional(v.number()),
      profileJobFailed: v.optional(v.boolean()),
      supportsTFLite: v.boolean(),
    }),
  ),
  modelInfo: v.optional(v.object({ input: v.looseObject({}), model: v.looseObject({}) })),
});

/** Answers of every route beside its own. */
export const failures = { '4xx': failureSchema, '5xx': failureSchema };
