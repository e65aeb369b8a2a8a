import { rebuildEonModel } from '../../dist/deployment/eon.js';
import { readTfliteModel } from '../../dist/deployment/tflite/read.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateTokens, tokensOf } from '../mutate-text.mjs';
import { bytesOf, textOf } from './support.mjs';

export default {
  seeds: () => ownSeeds('eon').map(({ bytes }) => tokensOf(textOf(bytes))),
  make: (random, seeds) => ({ bytes: bytesOf(mutateTokens(random, random.pick(seeds), random.pick(seeds))) }),
  run({ bytes }) {
    // What is rebuilt must be a model.
    readTfliteModel(rebuildEonModel(bytes, 'fuzzed_compiled.cpp'));
  },
};
