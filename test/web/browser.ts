/** A real browser without a window, and the models that the page is tried with. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { libraryFiles, zipOf } from '../fixtures/deployment-writer.js';
import { FOMO, KMEANS, PROJECT } from '../fixtures/library-facts.js';
import { constantModel, tinyClassifier, tinyFomo, tinyRegression } from '../fixtures/models.js';
import { describeUnless } from '../support/not-tested.js';
import { type Chromium, findChromium } from './chromium.js';

/** Root has no sandbox; the camera and the microphone are the browser's own made-up ones. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** A suite that needs Chromium. Without it it says so, aloud and in the report. */
export function describeWithChromium(name: string, body: (chromium: Chromium) => void): void {
  const found = findChromium();
  if (typeof found === 'string') describeUnless(found, name, () => {});
  else describeUnless(undefined, name, () => body(found));
}

export const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** Scores of the grid: the cell in the first row and last column is the only one over the threshold of 4. */
export const GRID = [0.5, 1, 8, 0, 0.5, 1, 0, 0, 0] as const;

/** The value of the sound model is the mean of the samples of its window. */
export const SOUND = { samples: 4000, frequencyHz: 16_000 } as const;
/** Numbers of the motion model's window. */
export const MOTION_NUMBERS = 20;

/**
 * Writes one deployment of each kind.
 *
 * @returns their paths; the example is the first
 */
export async function writeDeployments(folder: string): Promise<string[]> {
  const info = (model: object) =>
    JSON.stringify({
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'fit-short' },
      model,
    });
  const cells = new Float32Array(GRID);
  const sound = { samples: SOUND.samples, axes: ['audio'], frequencyHz: SOUND.frequencyHz, features: 1 };
  const files: Record<string, string | Uint8Array> = {
    'colours.tflite': tinyClassifier(),
    'colours.json': info({ modelType: 'classification', labels: ['red', 'green', 'blue'] }),
    'grid.tflite': constantModel([1, 8, 8, 3], [{ shape: [1, 3, 3], data: cells }]),
    'grid.json': info({ modelType: 'visual-anomaly', thresholdValues: { min_anomaly_score: 4 } }),
    'tensors.tflite': constantModel([1, 8, 8, 3], [{ shape: [1, 3, 3], data: cells }]),
    'tensors.json': info({ modelType: 'freeform' }),
    'motion.zip': await zipOf(libraryFiles('G3', 'file of its name', KMEANS, tinyRegression())),
    'sound.zip': await zipOf(
      libraryFiles(
        'G3',
        'file of its name',
        { project: PROJECT, labels: ['value'], input: sound },
        tinyRegression({ features: 1 }),
      ),
    ),
    'fomo.zip': await zipOf(libraryFiles('G3', 'file of its name', FOMO, tinyFomo())),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const models = Object.keys(files).filter((name) => !name.endsWith('.json'));
  return [example('shapes.zip'), ...models.map((name) => join(folder, name))];
}

/** What went wrong in a page: errors of its scripts, of its content policy, and requests that leave the server. */
export function watchProblems(page: Page, origin: string): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error.stack)));
  page.on('console', (message) => {
    // That an answer was a refusal is no fault of the page.
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) problems.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:') && !url.startsWith('data:')) {
      problems.push(`request to ${url}`);
    }
  });
  return problems;
}
