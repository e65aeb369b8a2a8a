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

/** Answers of every route beside its own. */
export const failures = { '4xx': failureSchema, '5xx': failureSchema };
