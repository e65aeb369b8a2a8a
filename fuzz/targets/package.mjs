import { openZip } from '../../dist/deployment/archive.js';
import { openDeployment } from '../../dist/index.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateJson } from '../mutate-text.mjs';
import { bytesOf, filesOf, textOf } from './support.mjs';
import { zipOf } from './zip-writer.mjs';

const MANIFEST = 'impulse-package.json';
let packages;

async function load() {
  packages ??= new Map(
    await Promise.all(
      ownSeeds('package').map(async ({ name, bytes }) => [name, await filesOf(await openZip(bytes, name))]),
    ),
  );
  return packages;
}

export default {
  seeds: async () =>
    [...(await load())].map(([name, files]) => ({ name, manifest: JSON.parse(textOf(files.get(MANIFEST))) })),
  make(random, seeds) {
    const { name, manifest } = random.pick(seeds);
    return { name, bytes: bytesOf(mutateJson(random, manifest)) };
  },
  async run({ name, bytes }) {
    const files = new Map((await load()).get(name)).set(MANIFEST, bytes);
    const deployment = await openDeployment(zipOf(files), { threads: 1 });
    try {
      await classifySomething(deployment);
    } finally {
      await deployment.close();
    }
  },
};

/** A picture of one pixel, or as many numbers as it takes. */
export async function classifySomething(deployment) {
  const { input } = deployment.info();
  if (input.inputType === 'image')
    await deployment.classify({ data: Uint8Array.of(1, 2, 3), width: 1, height: 1, channels: 3 });
  else if (input.featureCount <= 1e6)
    await deployment.classify({ features: new Float32Array(input.featureCount) });
}
