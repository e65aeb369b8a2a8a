import { openDeployment } from '../../dist/index.js';
import { ownSeeds } from '../corpus.mjs';
import { classifySomething } from './package.mjs';
import { damagedFile, prepared } from './support.mjs';

const FOLDERS = ['tflite', 'onnx', 'library', 'package', 'plain', 'image', 'model-info', 'elf'];
/** Wrong bytes that begin as something known. */
const MARKS = [
  'PK\x03\x04',
  'PK\x05\x06',
  '\x7fELF',
  '\xcf\xfa\xed\xfe',
  '\0asm',
  '\x89HDF',
  '\x1f\x8b',
  'version https://git-lfs',
  '<!DOCTYPE html>',
  '{',
  '\0\0\0\0TFL3',
  '\x08\x07\x12',
];

export default {
  seeds: () => prepared(FOLDERS.flatMap(ownSeeds)),
  make(random, seeds) {
    if (random.chance(0.8)) return damagedFile(random, seeds);
    return {
      bytes: Uint8Array.from([
        ...Buffer.from(random.pick(MARKS), 'latin1'),
        ...random.bytes(random.below(300)),
      ]),
    };
  },
  async run({ bytes }) {
    const deployment = await openDeployment(bytes, { threads: 1 });
    try {
      await classifySomething(deployment);
    } finally {
      await deployment.close();
    }
  },
};
