/** MobileNetV2 as a deployment, and a frame of its size. */
import { openDeployment } from '../../dist/index.js';

const SIZE = 224;

export function openMobilenet(path, threads) {
  const labels = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  return openDeployment(path, {
    engine: 'tflite',
    threads,
    modelInfo: {
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels },
    },
  });
}

/** Smooth colours with some texture: nothing that compresses to one value. */
export function frame() {
  const data = new Uint8Array(SIZE * SIZE * 3);
  for (let i = 0; i < data.length; i++) data[i] = ((i >> 4) + (i % 3) * 80 + ((i * 37) % 29)) & 255;
  return { data, width: SIZE, height: SIZE, channels: 3 };
}
