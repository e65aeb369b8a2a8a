import { openZip } from '../../dist/deployment/archive.js';
import { ownSeeds } from '../corpus.mjs';
import { damagedFile, filesOf, prepared } from './support.mjs';

export default {
  seeds: () =>
    prepared(
      ['library', 'package', 'plain', 'download', 'tflite-metadata']
        .flatMap(ownSeeds)
        .filter(({ name }) => name.endsWith('.zip')),
    ),
  make: damagedFile,
  async run({ bytes }) {
    await filesOf(await openZip(bytes, 'fuzzed.zip'));
  },
};
