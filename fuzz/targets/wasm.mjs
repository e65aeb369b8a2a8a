import { describeRunner } from '../../dist/runtime/engines/runner/impulse.js';
import { featureCountOf, helloOf } from '../../dist/runtime/engines/wasm/hello.js';
import { limitMemory } from '../../dist/runtime/engines/wasm/memory-limit.js';
import { readRun, refuseFailure } from '../../dist/runtime/engines/wasm/result.js';
import { readFacts, readResult } from '../../dist/runtime/engines/wasm/told.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { mutateJson } from '../mutate-text.mjs';
import { sitesOf } from '../sites.mjs';
import { BrokenPromise } from '../verdict.mjs';
import { textOf } from './support.mjs';

const PAGES = 16;

/** What comes out of the fence may be any JSON: a stranger can change what our own code there is made of. */
export default {
  seeds() {
    const json = (folder) =>
      ownSeeds(folder)
        .filter(({ name }) => name.endsWith('.json'))
        .map(({ bytes }) => JSON.parse(textOf(bytes)));
    const binary = ownSeeds('wasm').find(({ name }) => name.endsWith('.wasm')).bytes;
    return { facts: json('wasm'), results: json('wasm-result'), binary, sites: sitesOf(binary) };
  },
  make(random, { facts, results, binary, sites }) {
    if (random.chance(0.3)) return { binary: mutateBytes(random, binary, sites) };
    return {
      facts: mutateJson(random, random.pick(facts)),
      result: mutateJson(random, random.pick(results)),
    };
  },
  // Told to the runner as text, by the thread.
  refuses: (error) =>
    error.constructor === Error && /sections are damaged|begins with|can't be understood/.test(error.message),
  run({ binary, ...told }) {
    if (binary !== undefined) return checkLimited(limitMemory(binary, PAGES));
    const facts = readFacts(told.facts);
    const result = readResult(told.result);
    const run = {
      type: 'done',
      result,
      tensors: [new Float32Array(2), new Float32Array(0)],
      printed: '',
      runMs: 1,
    };
    const count = featureCountOf(facts, 2, 'fuzzed');
    const { impulse } = describeRunner(helloOf(facts, count, 2, result, 'fuzzed'));
    refuseFailure(run, 'fuzzed');
    readRun(run, impulse);
  },
};

/** What the engine takes must keep to the limit. */
function checkLimited(binary) {
  if (!WebAssembly.validate(binary)) return;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports;
  for (const memory of Object.values(exports).filter((value) => value instanceof WebAssembly.Memory)) {
    try {
      memory.grow(PAGES + 1);
    } catch {
      continue;
    }
    throw new BrokenPromise('a memory grows beyond its limit');
  }
}
