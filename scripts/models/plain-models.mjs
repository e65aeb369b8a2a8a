/** A plain model as a deployment: opened with its description, on photos with known contents. */
import { basename, join } from 'node:path';
import { openDeployment } from '../../dist/index.js';
import { notOpened } from './table.mjs';

/** One row an engine; without `onlyEngine`, only the one that `auto` takes. */
export async function* tryPlainModel(root, { folder, file, modelInfo, photos }, onlyEngine) {
  const row = { model: `${join(folder, file)} as deployment` };
  let deployment;
  try {
    deployment = await openDeployment(join(root, folder, file), {
      ...(modelInfo !== undefined && { modelInfo }),
      ...(onlyEngine !== undefined && { engine: onlyEngine }),
    });
  } catch (error) {
    yield { ...row, ...notOpened(error) };
    return;
  }
  const [block] = deployment.info().learnBlocks;
  const results = [];
  for (const photo of photos) results.push(await tryPhoto(deployment, photo));
  await deployment.close();
  yield {
    ...row,
    opened: 'yes',
    answered: results.every(({ right }) => right) ? 'yes' : 'no',
    engine: block.model.engine.engine,
    difference: '-',
    why: [block.block.modelType, ...results.map(({ text }) => text)].join('; '),
  };
}

/** Runs one photo and says whether what is known to be in it was found. */
export async function tryPhoto(deployment, { photo, top, objects, none }) {
  const name = basename(photo);
  try {
    const { result, boundingBoxes } = await deployment.classifyImage(photo);
    if (top !== undefined) {
      const [label, score] = Object.entries(result).reduce((best, item) => (item[1] > best[1] ? item : best));
      return {
        right: label === top,
        text: `${name}: ${label} ${score.toFixed(2)}${label === top ? '' : `, expected ${top}`}`,
      };
    }
    const found = [...new Set((boundingBoxes ?? []).map(({ label }) => label))];
    if (none)
      return { right: found.length === 0, text: `${name}: ${found.join(', ') || 'nothing, as expected'}` };
    const missing = (objects ?? []).filter((label) => !found.includes(label));
    return {
      right: missing.length === 0,
      text: `${name}: ${found.join(', ')}${missing.length > 0 ? `, expected ${missing.join(', ')}` : ''}`,
    };
  } catch (error) {
    return { right: false, text: `${name}: ${error.message}` };
  }
}
