import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import type { DetectedBox, PixelRect } from '../../src/runtime/classification.js';
import { tfliteEngine } from '../../src/runtime/engines/tflite.js';
import { itUnless } from '../support/not-tested.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly (PixelRect & { readonly label: string })[];
}

const picture: Picture = JSON.parse(await readFile(example('shapes.json'), 'utf8'));
const tflite = await tfliteEngine.probe();
const missing = tflite.available ? undefined : `${tflite.reason} ${tflite.remedy}`;
const itOnTflite = itUnless(missing, 'the example on the tflite engine');

describe('the included example', () => {
  itOnTflite('finds every shape, and nothing else, on the tflite engine', async () => {
    expectAllShapes(await findShapes('tflite'));
  });

  it('finds every shape, and nothing else, on the litert-wasm engine', async () => {
    expectAllShapes(await findShapes('litert-wasm'));
  });

  itOnTflite('gives the same answer on both engines', async () => {
    const [native, wasm] = [await findShapes('tflite'), await findShapes('litert-wasm')];
    expect(wasm.map(({ label, input }) => ({ label, input }))).toEqual(
      native.map(({ label, input }) => ({ label, input })),
    );
    // Two int8 kernels may round differently: allow two steps of the output's scale.
    for (const [index, { score }] of wasm.entries()) {
      expect(Math.abs(score - (native[index]?.score ?? 0))).toBeLessThanOrEqual(2 / 256);
    }
  });

  it('says what it is', async () => {
    const deployment = await openDeployment(example('shapes.zip'));
    try {
      const info = deployment.info();
      expect(info.format).toBe('cpp-library');
      expect(info.project).toMatchObject({ owner: 'impulse-runtime', name: 'Shapes' });
      expect(info.input).toMatchObject({ width: 96, height: 96, channels: 'RGB', resizeMode: 'squash' });
      expect(info.warnings).toEqual([]);
    } finally {
      await deployment.close();
    }
  });
});

async function findShapes(engine: 'tflite' | 'litert-wasm'): Promise<readonly DetectedBox[]> {
  const deployment = await openDeployment(example('shapes.zip'), { engine });
  try {
    return (await deployment.classify(example('shapes.jpg'))).boxes ?? [];
  } finally {
    await deployment.close();
  }
}

/** FOMO gives the middle of an object, not its outline: each middle must lie within its shape. */
function expectAllShapes(boxes: readonly DetectedBox[]): void {
  const found = boxes.map(({ label, original }) => {
    const x = original.x + original.width / 2;
    const y = original.y + original.height / 2;
    const index = picture.shapes.findIndex((shape) => shape.label === label && contains(shape, x, y));
    return index === -1 ? `${label} at ${Math.round(x)}, ${Math.round(y)}` : index;
  });
  expect(found.sort()).toEqual(picture.shapes.map((_, index) => index));
}

function contains(rect: PixelRect, x: number, y: number): boolean {
  return x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height;
}
