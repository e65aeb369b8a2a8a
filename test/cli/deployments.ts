/** A folder with two small deployments and pictures for them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { COLOURS, tinyClassifier, tinyFomo, tinyFomoLabels } from '../fixtures/models.js';

export interface Workspace {
  readonly path: string;
  /** FOMO on 32 x 32, cells of 8 x 8; finds red, green and blue. */
  readonly detector: string;
  /** Tells red, green and blue. */
  readonly classifier: string;
  /** A path in the folder. */
  at(...names: string[]): string;
  /** Writes a picture of 320 x 240: black, with rectangles of 80 x 60 (one cell of the detector) in full colours. */
  draw(name: string, patches?: Readonly<Record<string, readonly [number, number]>>): Promise<string>;
  remove(): void;
}

export function makeWorkspace(): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'impulse-cli-'));
  const at = (...names: string[]): string => join(path, ...names);
  const input = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' };
  const detector = {
    modelType: 'object-detection',
    lastLayer: 'fomo',
    labels: tinyFomoLabels(),
    minimumConfidence: 0.5,
  };
  writeFileSync(at('detector.tflite'), tinyFomo());
  writeFileSync(at('detector.json'), JSON.stringify({ input, model: detector }));
  writeFileSync(at('classifier.tflite'), tinyClassifier());
  writeFileSync(
    at('classifier.json'),
    JSON.stringify({ input, model: { modelType: 'classification', labels: COLOURS } }),
  );
  return {
    path,
    detector: at('detector.tflite'),
    classifier: at('classifier.tflite'),
    at,
    draw: (name, patches = {}) => draw(at(name), patches),
    remove: () => rmSync(path, { recursive: true }),
  };
}

async function draw(
  path: string,
  patches: Readonly<Record<string, readonly [number, number]>>,
): Promise<string> {
  const overlays = Object.entries(patches).map(([background, [left, top]]) => ({
    input: { create: { width: 80, height: 60, channels: 3 as const, background } },
    left,
    top,
  }));
  await sharp({ create: { width: 320, height: 240, channels: 3, background: '#000000' } })
    .composite(overlays)
    .toFile(path);
  return path;
}
