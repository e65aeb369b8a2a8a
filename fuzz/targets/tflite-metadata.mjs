import { writeTfliteModel } from '../../dist/deployment/tflite/write.js';
import { readPackedMetadata } from '../../dist/deployment/tflite-metadata.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { prepared } from './support.mjs';

/** The parts are damaged each by itself, so that the damage is reached, or the whole file. */
export default {
  seeds: () =>
    Object.fromEntries(
      prepared(ownSeeds('tflite-metadata')).map((seed) => [seed.name.replace(/.*\/|\..*/g, ''), seed]),
    ),
  make(random, { whole, metadata, labels }) {
    const damaged = ({ bytes, sites }) => mutateBytes(random, bytes, sites);
    if (random.chance(0.3)) return { bytes: damaged(whole) };
    const inner = random.chance(0.7) ? damaged(metadata) : metadata.bytes;
    const zip = random.chance(0.5) ? damaged(labels) : labels.bytes;
    const model = writeTfliteModel({
      tensors: [],
      operators: [],
      inputs: [],
      outputs: [],
      metadata: [{ name: 'TFLITE_METADATA', bytes: inner }],
    });
    return { bytes: Uint8Array.from(Buffer.concat([model, zip])) };
  },
  async run({ bytes }) {
    await readPackedMetadata(bytes, 'fuzzed.tflite');
  },
};
