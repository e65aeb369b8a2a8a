import { openWasm } from '../../dist/runtime/engines/wasm.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { sitesOf } from '../sites.mjs';
import { textOf } from './support.mjs';

/** What a stranger may hand out in place of a value. */
const VALUES = [
  'undefined',
  'null',
  '0',
  '-1',
  'NaN',
  'Infinity',
  '1e9',
  '2 ** 53',
  "'x'",
  "'x'.repeat(1e6)",
  'true',
  '[]',
  '{}',
  '1n',
  'Symbol()',
  '() => 1',
  '[1, 2, 3]',
  'Array(1e5)',
  'new Proxy({}, { get() { throw 1; } })',
  '{ get size() { throw undefined; } }',
  '{ size: () => 1e9, get: () => ({ label: "a", value: 1 }) }',
  '{ size: () => NaN, get: () => 1 }',
  '{ size: 1, get: 1 }',
  '{ toString() { throw null; } }',
  '{ toJSON() { throw 1; } }',
  'Object.create(null)',
  'new Float32Array(3)',
  'new Error("x")',
  'globalThis',
  'Module',
  'Promise.reject(1)',
  '(() => { for (;;); })()',
  '(() => { throw { message: 1 }; })()',
  '(function f() { return f(); })()',
  'new SharedArrayBuffer(8)',
  'new Uint8Array(1e6).buffer',
  '{ buffer: 1 }',
];
const PATCHES = [
  'JSON.stringify = () => 1',
  'Float32Array.from = () => [1]',
  'Array.isArray = () => true',
  'Object.prototype.size = () => 2',
  'Array.prototype.map = () => { throw 1; }',
  'Object.prototype.toJSON = () => "x"',
  'String.prototype.slice = () => 5',
  'Function.prototype.call = () => 7',
  'Object.defineProperty(Object.prototype, "then", { get() { throw 1; }, configurable: true })',
  'Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1; }',
  'Module.HEAPU8 = 5',
  'Module.HEAPU8 = { buffer: new ArrayBuffer(8) }',
  'delete globalThis.Float32Array',
  'Object.freeze(Module)',
  'throw 5',
];

export default {
  seeds() {
    const facts = ownSeeds('wasm')
      .filter(({ name }) => name.endsWith('.json'))
      .map(({ bytes }) => JSON.parse(textOf(bytes)));
    const binary = ownSeeds('wasm').find(({ name }) => name.endsWith('.wasm')).bytes;
    return { facts, binary, sites: sitesOf(binary) };
  },
  make(random, { facts, binary, sites }) {
    const { properties, labels } = random.pick(facts);
    const fields = {
      properties: literal({ ...properties, labels }),
      project: '{ id: 1, name: "a" }',
      result: `{ result: 0, anomaly: 0, classification: ${literal((labels.length > 0 ? labels : ['noise', 'yes']).map((label) => ({ label, value: 0.5, x: 1, y: 1, width: 8, height: 8 })))} }`,
      malloc: random.chance(0.9) ? '1024' : random.pick(VALUES),
      init: '0',
      set: '{ success: true }',
    };
    for (let i = random.few(); i > 0; i--) {
      const key = random.pick(Object.keys(fields));
      const value = random.pick(VALUES);
      // In place of the whole, or of one value within it.
      fields[key] = random.chance(0.3)
        ? value
        : fields[key].replace(nth(random, fields[key]), () => `: ${value}`);
    }
    const patch = random.chance(0.2) ? random.pick(PATCHES) : '';
    return {
      glue: glueOf(fields, patch, random.chance(0.5)),
      binary: random.chance(0.1) ? mutateBytes(random, binary, sites) : binary,
    };
  },
  async run({ glue, binary }) {
    const limits = { startTimeoutMs: 1_500, requestTimeoutMs: 1_000, memoryMiB: 16 };
    const runner = await openWasm({ name: 'fuzzed.wasm', glue, binary }, limits);
    try {
      const { input } = runner.impulse;
      const count = input.inputType === 'image' ? input.width * input.height : input.featureCount;
      if (count <= 1e6) await runner.classify(new Float32Array(count));
    } finally {
      await runner.close();
    }
  },
};

const literal = (value) => JSON.stringify(value);

/** One of the values of an object literal. */
function nth(random, text) {
  const values = [...text.matchAll(/: ?(?:"[^"]*"|[\d.-]+|true|false|\[\])(?=[,} ])/g)].map(
    ([match]) => match,
  );
  return values.length === 0 ? text : random.pick(values);
}

function glueOf({ properties, project, result, malloc, init, set }, patch, late) {
  const body = `
    Module.init = () => (${init});
    Module.get_properties = () => (${properties});
    Module.get_project = () => (${project});
    Module.run_classifier = () => (${result});
    Module.run_classifier_continuous = () => (${result});
    Module.set_threshold = () => (${set});
    Module._malloc = () => (${malloc});
    Module._free = () => {};
    ${patch};`;
  return `var Module = typeof Module !== 'undefined' ? Module : {};
    const start = (instance) => { Module.HEAPU8 = new Uint8Array(instance.exports.memory.buffer); if (Module.HEAPU8.length < 1e6) instance.exports.memory.grow(8);  Module.HEAPU8 = new Uint8Array(instance.exports.memory.buffer); ${late ? '' : body} Module.onRuntimeInitialized(); ${late ? body : ''} };
    Module.instantiateWasm({}, start);`;
}
