import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassifyImageResponse } from '../../src/index.js';
import { ENGINE_NAMES } from '../../src/runtime/session.js';
import { impulse } from './command.js';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

interface Shape {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'impulse-example-'));
});
afterAll(() => rmSync(out, { recursive: true }));

describe('the included example', () => {
  it.each(ENGINE_NAMES.filter((name) => name !== 'onnx' && name !== 'tfjs'))(
    'finds every shape of the picture, and no other, on %s',
    async (engine) => {
      const drawn = JSON.parse(readFileSync(example('shapes.json'), 'utf8')) as {
        width: number;
        height: number;
        shapes: Shape[];
      };
      const args = ['classify', example('shapes.zip'), example('shapes.jpg'), '--json', '--annotate', out];
      const { code, stdout } = await impulse([...args, '--engine', engine]);
      expect(code).toBe(0);
      const { boundingBoxes = [] } = JSON.parse(stdout) as ClassifyImageResponse;
      const found = boundingBoxes.map(({ label, x, y, width, height }) => ({
        label,
        x: (x + width / 2) * drawn.width,
        y: (y + height / 2) * drawn.height,
      }));
      const named = found.map(({ label, x, y }) => {
        const shape = drawn.shapes.findIndex(
          (one) =>
            one.label === label && x > one.x && x < one.x + one.width && y > one.y && y < one.y + one.height,
        );
        return shape;
      });
      expect(named.sort()).toEqual(drawn.shapes.map((_, index) => index));
      expect(readFileSync(join(out, 'shapes.annotated.jpg')).length).toBeGreaterThan(10_000);
    },
  );
});
