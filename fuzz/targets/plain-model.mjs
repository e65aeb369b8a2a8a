import { readContents } from '../../dist/deployment/open.js';
import { openDeployment } from '../../dist/index.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { mutateJson } from '../mutate-text.mjs';
import { bytesOf, textOf, treeOf } from './support.mjs';

const FILES = { 'model-info': 'model-info.json', 'deployment-metadata': 'deployment-metadata.json' };
const MODELS = new Map([...ownSeeds('tflite'), ...ownSeeds('onnx')].map(({ name, bytes }) => [name, bytes]));
const LABELS = bytesOf('???\ncup\nplate\n');

/** A good model with a bad description, as a file or as an option; or with bad labels. */
export default {
  seeds: () =>
    Object.keys(FILES).flatMap((folder) =>
      ownSeeds(folder).map(({ bytes }) => ({ file: FILES[folder], value: JSON.parse(textOf(bytes)) })),
    ),
  make(random, seeds) {
    const model = random.pick([...MODELS.keys()]);
    if (random.chance(0.1)) return { model, file: 'labels.txt', bytes: mutateBytes(random, LABELS, []) };
    const { file, value } = random.pick(seeds);
    return {
      model,
      file,
      bytes: bytesOf(mutateJson(random, value)),
      option: file === FILES['model-info'] && random.chance(0.3),
    };
  },
  async run({ model, file, bytes, option }) {
    const name = model.endsWith('.onnx') ? 'model.onnx' : 'model.tflite';
    if (option) {
      const modelInfo = parsed(bytes);
      if (modelInfo === undefined) return;
      const deployment = await openDeployment(MODELS.get(model), { modelInfo, threads: 1 });
      await deployment.close();
      return;
    }
    const files = new Map([
      [name, MODELS.get(model)],
      [file, bytes],
    ]);
    await readContents({ kind: 'tree', tree: treeOf(files) });
  },
};

function parsed(bytes) {
  try {
    return JSON.parse(textOf(bytes)) ?? undefined;
  } catch {
    return undefined;
  }
}
