import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogue } from '../../scripts/models/catalogue.mjs';
import { openDeployment } from '../../src/index.js';
import { ENGINES } from '../../src/runtime/engines/index.js';
import { describeWithShared } from '../support/shared.js';
import { deployableEngines } from './support.js';

interface Photo {
  readonly photo: string;
  /** Label with the highest score. */
  readonly top?: string;
  /** Labels that must be among the boxes. */
  readonly objects?: readonly string[];
  /** Nothing may be found. */
  readonly none?: boolean;
}

interface Entry {
  readonly folder: string;
  readonly file: string;
  readonly modelInfo?: object;
  readonly photos: readonly Photo[];
}

describeWithShared('A real model finds what is known to be in its photos', (shared) => {
  const root = join(shared, 'models');
  const entries: Entry[] = catalogue(root);
  const rows = entries
    .filter(({ photos }) => photos.length > 0)
    .flatMap((entry) => enginesFor(entry).map((engine) => ({ ...entry, engine })));

  it.each(rows)('$folder/$file on $engine', async ({ folder, file, modelInfo, photos, engine }) => {
    await using deployment = await openDeployment(join(root, folder, file), {
      engine,
      ...(modelInfo !== undefined && { modelInfo }),
    });
    for (const { photo, top, objects, none } of photos) {
      const { success, result, boundingBoxes } = await deployment.classifyImage(photo);
      expect(success).toBe(true);
      if (top !== undefined) expect(winner(result)).toBe(top);
      const labels = boundingBoxes?.map(({ label }) => label);
      if (objects !== undefined) expect(labels).toEqual(expect.arrayContaining([...objects]));
      if (none) expect(labels).toEqual([]);
    }
  });
});

function enginesFor({ file }: Entry) {
  const format = file.endsWith('.onnx') ? 'onnx' : 'tflite';
  return ENGINES.map(({ name }) => name).filter((name) =>
    format === 'onnx'
      ? name === 'onnx'
      : name !== 'onnx' && name !== 'tfjs' && deployableEngines.includes(name),
  );
}

function winner(result: Record<string, number> = {}): string | undefined {
  return Object.entries(result).reduce<[string, number] | undefined>(
    (best, item) => (best === undefined || item[1] > best[1] ? item : best),
    undefined,
  )?.[0];
}
