/** Where explanations go: three files for each picture, never over an input, never over one another. */
import { basename, extname, join } from 'node:path';
import sharp from 'sharp';
import { freeName, identities, makeFolder, writeWhole } from './annotated-files.js';
import type { Explained } from './explain.js';
import { explainReport } from './explain-report.js';
import type { PictureInput } from './inputs.js';
import { toJson } from './json.js';

export interface ExplainFiles {
  readonly resized: string;
  readonly json: string;
  readonly text: string;
}

function filesOf(folder: string, name: string): ExplainFiles {
  return {
    resized: join(folder, `${name}.resized.png`),
    json: join(folder, `${name}.explain.json`),
    text: join(folder, `${name}.explain.txt`),
  };
}

/**
 * `photo.jpg` becomes `DIR/photo.resized.png`, `DIR/photo.explain.json` and `DIR/photo.explain.txt`; pictures of the same
 * name get `-2`, `-3`, ... Makes the folder.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: the folder can't be made
 */
export async function planExplainFiles(
  pictures: readonly PictureInput[],
  folder: string,
): Promise<ExplainFiles[]> {
  await makeFolder(folder, '--explain');
  const taken = await identities(pictures);
  const planned: ExplainFiles[] = [];
  for (const { file, kind } of pictures) {
    const stem = kind === 'stdin' ? 'stdin' : basename(file, extname(file));
    const name = await freeName(stem, (name) => Object.values(filesOf(folder, name)), taken);
    planned.push(filesOf(folder, name));
  }
  return planned;
}

/** Where the explanation of frame `index` of a stream goes. */
export function explainedFrame(folder: string, index: number): ExplainFiles {
  return filesOf(folder, `frame${index}`);
}

export async function writeExplanation(
  files: ExplainFiles,
  { explanation, pixels }: Explained,
): Promise<void> {
  const { width, height } = explanation.resize.to;
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeWhole(files.resized, png);
  await writeWhole(files.json, Buffer.from(`${toJson(explanation)}\n`));
  await writeWhole(files.text, Buffer.from(explainReport(explanation, basename(files.resized))));
}
