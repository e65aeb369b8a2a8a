/** One trial of sharp alone: a file's bytes decoded and resized to raw pixels, as ours are. `{ file, side, warmup, runs }` */
import { readFileSync } from 'node:fs';
import { printFigures, timesOf } from './measure.mjs';
import sharp from './sharp.mjs';

const { file, side, ...counts } = JSON.parse(process.argv[2]);
const bytes = readFileSync(file);
const size = { width: side, height: side, fit: 'fill', fastShrinkOnLoad: false };
printFigures(await timesOf(() => sharp(bytes).resize(size).removeAlpha().raw().toBuffer(), counts));
