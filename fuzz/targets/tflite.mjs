import { readModelFile } from '../../dist/deployment/plain/model-file.js';
import { listOperators, readTfliteModel } from '../../dist/deployment/tflite/read.js';
import { ownSeeds, sharedSeeds } from '../corpus.mjs';
import { damagedFile, prepared } from './support.mjs';

export default {
  seeds: () => prepared([...ownSeeds('tflite'), ...sharedSeeds(/\.(tflite|lite)$/)]),
  make: damagedFile,
  run({ bytes }) {
    listOperators(readTfliteModel(bytes));
    readModelFile(bytes, 'fuzzed.tflite');
  },
};
