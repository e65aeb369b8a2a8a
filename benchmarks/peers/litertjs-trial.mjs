/**
 * One trial of @litertjs/core by itself, through its public API on the thread that calls it. The package is made for browsers: it
 * is given the two things of a browser's worker that it asks for. `{ source, warmup, runs, lateMs }`
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { someTensor } from '../support/inputs.mjs';
import { latenessOf, printFigures, timesOf } from '../support/measure.mjs';

const { source, lateMs, ...counts } = JSON.parse(process.argv[2]);
const entry = createRequire(import.meta.url).resolve('@litertjs/core');

globalThis.self = globalThis;
globalThis.importScripts = (script) => {
  const module = { exports: {} };
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  const run = compileFunction(readFileSync(script, 'utf8'), names, { filename: script });
  run(module.exports, createRequire(script), module, script, dirname(script));
  globalThis.ModuleFactory = module.exports;
};

const { loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core');
await loadLiteRt(join(dirname(entry), '..', 'wasm'));
const model = await loadAndCompile(new Uint8Array(readFileSync(source)), { accelerator: 'wasm' });
const [{ dtype, shape }] = model.getInputDetails();
const values = someTensor([...shape]);
const elements = dtype === 'uint8' ? Uint8Array.from(values, (value) => value * 255) : values;

async function run() {
  const input = new Tensor(elements, [...shape]);
  const outputs = await model.run(input);
  const scores = outputs.map((output) => output.toTypedArray());
  for (const tensor of [input, ...outputs]) tensor.delete();
  return scores;
}

printFigures({ ...(await timesOf(run, counts)), ...(await latenessOf(run, lateMs)) });
