import { parseFeatures } from '../../dist/preprocess/index.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateText } from '../mutate-text.mjs';
import { BrokenPromise } from '../verdict.mjs';
import { textOf } from './support.mjs';

export default {
  seeds: () => ownSeeds('features').map(({ bytes }) => textOf(bytes)),
  make: (random, seeds) => ({ text: mutateText(random, random.pick(seeds)) }),
  run({ text }) {
    if (parseFeatures(text).some((value) => !Number.isFinite(value)))
      throw new BrokenPromise('a feature is not finite');
  },
};
