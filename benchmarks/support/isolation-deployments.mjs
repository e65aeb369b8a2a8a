/** Models whose tensors are small, of a usual size, and large. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mobilenetV2Path } from '../models/mobilenet-v2.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const numbered = (count) => Array.from({ length: count }, (_, i) => String(i));
const input = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' };

/** @returns list of `{ name, source, size, options }`, without what is missing here */
export async function isolationDeployments() {
  const classification = { input, model: { modelType: 'classification', labels: numbered(1000) } };
  const detection = {
    input,
    model: {
      modelType: 'object-detection',
      lastLayer: 'yolox',
      labels: numbered(80),
      minimumConfidence: 0.5,
    },
  };
  return [
    { name: 'FOMO 96 int8', source: at('../../examples/shapes.zip'), size: 96, options: {} },
    {
      name: 'MobileNetV2 224 int8',
      source: await mobilenetV2Path('int8'),
      size: 224,
      options: { modelInfo: classification },
    },
    {
      name: 'MobileNetV2 224 float32',
      source: await mobilenetV2Path('float32'),
      size: 224,
      options: { modelInfo: classification },
    },
    {
      name: 'YOLOX nano 416 (ONNX)',
      source: at('../../../shared/models/yolox-nano/yolox_nano.onnx'),
      size: 416,
      options: { modelInfo: detection },
    },
  ]
    .filter(({ source }) => existsSync(source))
    .map(({ options, ...entry }) => ({ ...entry, options: { ...options, threads: 1 } }));
}
