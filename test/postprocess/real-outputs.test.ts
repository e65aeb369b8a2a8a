/** Outputs of real models on real photos, as the reference interpreter gives them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DataType, Tensor } from '../../src/tensor.js';
import { describeWithShared } from '../support/shared.js';
import { detectionBlock, floatTensor, int8Tensor } from './blocks.js';
import { boxesOf } from './decoders/boxes.js';

interface Run {
  readonly input: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: DataType;
    readonly values: readonly number[];
  }[];
}

function runOf(
  sharedDir: string,
  folder: string,
  photo: string,
): { run: Run; model: { outputs: readonly Quantised[] } } {
  const { models } = JSON.parse(readFileSync(join(sharedDir, 'models', folder, 'expected.json'), 'utf8'));
  const [model] = models;
  const run = model.runs.find(({ input }: Run) => input.includes(photo));
  if (run === undefined) throw new Error(`${folder} has no run on ${photo}`);
  return { run, model };
}

interface Quantised {
  readonly scale: number;
  readonly zero_point: number;
}

function floatOutputs({ outputs }: Run): Tensor[] {
  return outputs.map(({ shape, values, name }) => floatTensor(shape, values, name));
}

describeWithShared('outputs of real models', (sharedDir) => {
  const labels = () =>
    readFileSync(join(sharedDir, 'models/ssd-mobilenet-v1-coco-uint8/coco_labels.txt'), 'utf8')
      .trim()
      .split('\n');
  const input = { width: 300, height: 300 };

  it.each([
    ['dog', ['bicycle', 'car', 'cat', 'person']], // this model takes the dog for a cat
    ['cat', ['cat']],
    ['grace_hopper', ['person', 'tie', 'tie']],
  ])('show in the photo %s what is in it (SSD MobileNet, TensorFlow 1 outputs)', (photo, expected) => {
    const block = detectionBlock('mobilenet-ssd', { labels: labels() });
    const { run } = runOf(sharedDir, 'ssd-mobilenet-v1-coco-uint8', photo);
    expect(boxesOf(block, floatOutputs(run), input).map(({ label }) => label)).toEqual(expected);
  });

  it('name a class outside a list that is too short', () => {
    const block = detectionBlock('mobilenet-ssd', { labels: labels().slice(0, 16) });
    const { run } = runOf(sharedDir, 'ssd-mobilenet-v1-coco-uint8', 'dog');
    expect(() => boxesOf(block, floatOutputs(run), input)).toThrow(/class 16, but there are 16 labels/);
  });

  it('give sorted scores in 0..1, not classes (SSD FPN-Lite, TensorFlow 2 outputs)', () => {
    const block = detectionBlock('mobilenet-ssd', { labels: ['beer'], thresholds: { min_score: 0.15 } });
    const { run } = runOf(sharedDir, 'ei-dashboard-ssd-fpnlite-beer-320', 'kite');
    const boxes = boxesOf(block, floatOutputs(run), { width: 320, height: 320 });
    expect(boxes.map(({ value }) => value)).toEqual([0.246094, 0.183594].map(Math.fround));
  });

  it('give the one cell that reaches the threshold as a box (FOMO, int8)', () => {
    const block = detectionBlock('fomo', { labels: ['paper'] });
    const { run, model } = runOf(sharedDir, 'ei-cpp-fomo-paper-roll', 'grace_hopper');
    const [output] = run.outputs;
    const [quantised] = model.outputs;
    if (output === undefined || quantised === undefined) throw new Error('no output');
    const quantization = { scale: quantised.scale, zeroPoint: quantised.zero_point };
    const tensor = int8Tensor(output.shape, output.values, quantization);
    expect(boxesOf(block, [tensor], { width: 96, height: 96 })).toEqual([
      { label: 'paper', labelIndex: 0, x: 48, y: 40, width: 8, height: 8, value: 0.546875 },
    ]);
  });
});
