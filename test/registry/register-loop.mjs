/** Registers one model after another and says so, line by line, until it is killed. On the built output. */
import { readFileSync, writeSync } from 'node:fs';
import { receive } from '../../dist/registry/artefacts.js';
import { registerModel } from '../../dist/registry/models.js';
import { checkProperties } from '../../dist/registry/properties.js';
import { openStore } from '../../dist/registry/store.js';
import { createTranscoding } from '../../dist/registry/transcodings.js';

const [data, model, from, count] = process.argv.slice(2);
const store = await openStore(data);
const bytes = readFileSync(model);

for (let i = Number(from); i < Number(from) + Number(count); i++) {
  // Bytes after a model are allowed, and make it another artefact.
  const own = Buffer.concat([bytes, Buffer.alloc(200_000, i)]);
  const file = await receive(store.folder, [own.subarray(0, 100_000), own.subarray(100_000)]);
  const { id, sha256 } = await registerModel(store, file, 'm.tflite', checkProperties({ name: `m${i}` }));
  // Written at once: whoever reads it knows that the model is there.
  writeSync(1, `${id} ${sha256}\n`);
  if (i % 3 === 0) await createTranscoding(store, id, { targetFormat: 'tflite' });
}
writeSync(1, 'end\n');
