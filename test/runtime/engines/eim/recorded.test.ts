/** Exchanges with real runners, replayed: results arrive as they were recorded, and every refusal as a typed error. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { joinLife } from '../../../../src/runtime/engines/eim/life.js';
import { openEim } from '../../../../src/runtime/engines/eim.js';
import type { Request } from '../../../../src/runtime/engines/runner/protocol.js';
import type { ImpulseRunner } from '../../../../src/runtime/impulse-runner.js';
import type { FakeConfig } from '../../../fixtures/eim/fake-eim.js';
import { digest, removeFakeEims, startListening, writeFakeEim } from '../../../fixtures/eim/fake-eim.js';
import { describeWithShared } from '../../../support/shared.js';
import { refusalOf } from '../../support.js';

interface Exchange {
  readonly what: string;
  readonly request: string | Readonly<Record<string, unknown>>;
  readonly response_bytes: number;
  readonly ends_with_newline_and_nul: boolean;
  readonly response: Readonly<Record<string, unknown>> | null;
}

interface Result {
  readonly classification?: Readonly<Record<string, number>>;
  readonly bounding_boxes?: readonly unknown[];
  readonly anomaly?: number;
}

afterAll(removeFakeEims);

describeWithShared('recorded exchanges', (sharedDir) => {
  const models = join(sharedDir, 'models');
  const recorded = readdirSync(models).filter((name) => existsSync(join(models, name, 'ei-runtime.json')));

  it('are there', () => expect(recorded.length).toBeGreaterThan(0));

  describe.each(recorded)('%s', (name) => {
    const { exchange } = JSON.parse(readFileSync(join(models, name, 'ei-runtime.json'), 'utf8')) as {
      exchange: Exchange[];
    };
    const hello = responseTo(exchange, 'hello');
    const model = hello.model_parameters as {
      input_features_count: number;
      axis_count: number;
      slice_size: number;
    };

    it('are what the stand-in answers too', async () => {
      const socket = await connectTo(writeFakeEim(await standIn()));
      for (const { what, request, response, response_bytes, ends_with_newline_and_nul } of exchange) {
        const text = typeof request === 'string' ? request : JSON.stringify(await filledIn(what, request));
        const answer = await socket.ask(`${text}\n`, response !== null);
        expect(answer === undefined ? null : masked(JSON.parse(answer.slice(0, -2))), what).toEqual(
          response && masked(response),
        );
        expect(answer?.endsWith('\n\0') ?? ends_with_newline_and_nul, what).toBe(ends_with_newline_and_nul);
        // Times and names of memory differ in length.
        if (response?.success === false) expect(Buffer.byteLength(answer ?? ''), what).toBe(response_bytes);
      }
      socket.end();
    });

    it('give the results that were recorded', async () => {
      await withRunner(async (runner) => {
        for (const { what, response } of classifications()) {
          const features = await featuresOf(what);
          const { decoded } = what.startsWith('classify_continuous')
            ? await runner.classifyContinuous(features)
            : await runner.classify(features);
          expectResult(decoded, response?.result as Result, hello);
        }
      });
    });

    it('say which impulse it is', async () => {
      await withRunner(async ({ impulse, details, sliceSize }) => {
        const { project, model_parameters: parameters } = hello as {
          project: Record<string, unknown>;
          model_parameters: Record<string, unknown>;
        };
        expect(impulse.project).toMatchObject({
          id: project.id,
          name: project.name,
          owner: project.owner,
          deployVersion: project.deploy_version,
        });
        expect(details.inner).toBe('tflite-micro');
        expect(sliceSize).toBe(parameters.use_continuous_mode ? parameters.slice_size : undefined);
        const labelled = impulse.learnBlocks.filter((block) => 'labels' in block);
        expect(labelled).toMatchObject([{ labels: parameters.labels }]);
        expect(impulse.learnBlocks.some(({ modelType }) => modelType === 'anomaly')).toBe(
          parameters.has_anomaly === 1,
        );
        if (parameters.image_input_width === 0) {
          expect(impulse.input).toMatchObject({
            featureCount: parameters.input_features_count,
            frequencyHz: parameters.frequency,
          });
        } else {
          expect(impulse.input).toMatchObject({
            width: parameters.image_input_width,
            height: parameters.image_input_height,
            channels: parameters.image_channel_count === 1 ? 'Grayscale' : 'RGB',
          });
        }
      });
    });

    it('refuse with the words that were recorded', async () => {
      const path = await startListening(writeFakeEim(await standIn()));
      const life = await joinLife(path, { name: 'the runner', requestTimeoutMs: 10_000 });
      const refusals = exchange.filter(({ what, request }) => isSendable(what, request));
      expect(refusals.length).toBeGreaterThan(4);
      for (const { what, request, response } of refusals) {
        const { id: _, ...rest } = (await filledIn(what, request as Record<string, unknown>)) as Record<
          string,
          unknown
        >;
        const refusal = await refusalOf(life.dialogue.ask(typedArrays(rest)));
        expect(refusal, what).toMatchObject({
          code: 'ERR_ENGINE_RUN',
          message: expect.stringContaining(String(response?.error)),
        });
      }
      const [any] = classifications();
      expect(await life.dialogue.ask({ classify: await featuresOf(any?.what ?? '') })).toMatchObject({
        success: true,
      });
      await life.end();
    });

    async function withRunner(use: (runner: ImpulseRunner) => Promise<void>): Promise<void> {
      const runner = await openEim(writeFakeEim(await standIn()), {
        allowExecution: true,
        isolation: 'none',
      });
      await use(runner).finally(() => runner.close());
    }

    /** Says hello as the real one did, and knows its answers by the features. */
    async function standIn(): Promise<FakeConfig> {
      const { id: _, success: __, features_shm, ...rest } = hello;
      const answers: Record<string, unknown> = {};
      for (const { what, response } of classifications())
        answers[digest(await featuresOf(what))] = response?.result;
      const [any] = classifications();
      return {
        hello: rest as FakeConfig['hello'],
        answers,
        timing: any?.response?.timing,
        ...(features_shm === undefined ? { old: true } : { memory: {} }),
      };
    }

    function classifications(): Exchange[] {
      return exchange.filter(({ response }) => response?.result !== undefined);
    }

    async function featuresOf(what: string): Promise<Float32Array> {
      const { input_features_count: count, axis_count: axes, slice_size: size } = model;
      const slice = /^classify_continuous slice (\d+) of the repeated second signal/.exec(what)?.[1];
      if (slice !== undefined) {
        const signal = await featuresOf('classify x[i] = ((i*((i>>5)+3)) mod 16384) - 8192');
        const start = (Number(slice) * size) % count;
        return signal.slice(start, start + size);
      }
      if (what.startsWith('continuous on an image')) return new Float32Array(size);
      const picture = /golden\/\S+\.png/.exec(what)?.[0];
      if (picture !== undefined) return packed(join(models, name, picture));
      const formula = Object.entries(FORMULAS).find(([text]) => what.includes(text))?.[1];
      if (formula === undefined) throw new Error(`Which features are '${what}'?`);
      return Float32Array.from({ length: count }, (_, i) => formula(i, Math.floor(i / axes), i % axes));
    }

    /** Recorded requests hold the place of long arrays. */
    async function filledIn(what: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
      if (what === 'text in array') return { ...request, classify: ['text', 1] };
      const entries = Object.entries(request).map(async ([key, value]) => [
        key,
        typeof value === 'string' && value.startsWith('<') ? [...(await featuresOf(what))] : value,
      ]);
      return Object.fromEntries(await Promise.all(entries));
    }
  });
});

const FORMULAS: Readonly<Record<string, (i: number, frame: number, axis: number) => number>> = {
  zeros: () => 0,
  'x[i] = ((i*37+11) mod 256 - 128)/16': (i) => (((i * 37 + 11) % 256) - 128) / 16,
  'axis k of frame f: (k+1)': (_, frame, axis) => ((axis + 1) * ((frame % 20) - 10)) / 4,
  'axis k of frame f: 9.8': (_, frame, axis) => (axis === 2 ? 9.8 : (((frame * frame) % 7) - 3) / 10),
  'x[i] = ((i*((i>>5)+3)) mod 16384)': (i) => ((i * ((i >> 5) + 3)) % 16_384) - 8192,
  'square wave': (i) => (Math.floor(i / 23) % 2 === 1 ? 8000 : -8000),
  'packed pixels': (i) => Number((BigInt(i) * 2_654_435_761n) % 2n ** 24n),
};

async function packed(path: string): Promise<Float32Array> {
  const pixels = await sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer();
  return Float32Array.from({ length: pixels.length / 3 }, (_, i) => pixels.readUIntBE(i * 3, 3));
}

function responseTo(exchange: readonly Exchange[], what: string): Readonly<Record<string, unknown>> {
  const response = exchange.find((one) => one.what === what)?.response;
  if (!response) throw new Error(`No '${what}' was recorded.`);
  return response;
}

function expectResult(
  decoded: readonly unknown[],
  result: Result,
  hello: Readonly<Record<string, unknown>>,
): void {
  const { labels } = hello.model_parameters as { labels: string[] };
  const { classification, bounding_boxes, anomaly } = result;
  expect(decoded).toEqual([
    ...(classification === undefined
      ? []
      : [
          {
            modelType: 'classification',
            values: labels.map((label) => ({ label, value: classification[label] })),
          },
        ]),
    ...(bounding_boxes === undefined ? [] : [{ modelType: 'object-detection', boxes: bounding_boxes }]),
    ...(anomaly === undefined ? [] : [{ modelType: 'anomaly', score: anomaly }]),
  ]);
}

/** Requests that were refused after hello, and that our side can put. */
function isSendable(what: string, request: Exchange['request']): boolean {
  const keys = [
    'classify',
    'classify_continuous',
    'classify_shm',
    'classify_continuous_shm',
    'set_threshold',
    'hello',
  ];
  const refused = ['second hello', 'wrong count', 'continuous', 'threshold', 'classify_shm'];
  return (
    typeof request === 'object' &&
    keys.some((key) => key in request) &&
    refused.some((word) => what.startsWith(word) || what.includes(` ${word}`)) &&
    !what.startsWith('classify_continuous')
  );
}

function typedArrays(request: Readonly<Record<string, unknown>>): Request {
  const entries = Object.entries(request).map(([key, value]) => [
    key,
    Array.isArray(value) ? Float32Array.from(value) : value,
  ]);
  return Object.fromEntries(entries) as Request;
}

/** Names of shared memory are random. */
function masked(response: Readonly<Record<string, unknown>>): unknown {
  const memory = response.features_shm;
  return memory === undefined ? response : { ...response, features_shm: { ...(memory as object), name: '' } };
}

async function connectTo(program: string) {
  const socket: Socket = connect(await startListening(program));
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  return {
    async ask(text: string, answered: boolean): Promise<string | undefined> {
      socket.write(text);
      if (!answered) {
        await delay(50);
        return received === '' ? undefined : received;
      }
      while (!received.endsWith('\0')) await delay(1);
      const answer = received;
      received = '';
      return answer;
    },
    end: () => socket.end(),
  };
}
