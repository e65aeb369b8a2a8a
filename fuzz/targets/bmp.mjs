import { ownSeeds } from '../corpus.mjs';
import { kindOfResize, resizeAny } from './image.mjs';
import { damagedFile, prepared } from './support.mjs';

export default {
  seeds: () => prepared(ownSeeds('bmp')),
  make: (random, seeds) => ({
    ...damagedFile(random, seeds),
    width: random.pick([1, 8]),
    height: 6,
    resizeMode: random.pick(['squash', 'fit-long', 'crop']),
    orientation: 'ignore',
    ...kindOfResize(random),
  }),
  run: resizeAny,
};
