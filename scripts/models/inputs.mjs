/** The inputs that `expected.json` names, as elements of a model's input tensor. */
import sharp from 'sharp';
import { elementCount, tensorData } from '../../dist/tensor.js';

/** Element i = ((i*37+11) mod 256); uint8 as is, int8 minus 128, float32 (v-128)/128. */
export function formulaInput({ shape, dataType }) {
  const count = elementCount(shape);
  const data = newTensor(dataType, count);
  for (let i = 0; i < count; i++) {
    const v = (i * 37 + 11) % 256;
    data[i] = dataType === 'uint8' ? v : dataType === 'int8' ? v - 128 : (v - 128) / 128;
  }
  return data;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** What each named normalisation makes of byte v of channel c. */
const NORMALISATIONS = {
  '0..1': (v) => v / 255,
  '-1..1': (v) => v / 127.5 - 1,
  '-1..1u': (v) => (v - 127) / 128,
  raw: (v) => v,
  bgr255: (v) => v,
  imagenet: (v, c) => (v / 255 - IMAGENET.mean[c]) / IMAGENET.std[c],
};

/**
 * A prepared picture (already of the model's size) as the tensor that the reference was fed.
 *
 * @param {string} file PNG
 */
export async function imageInput(file, { normalisation, layout }, tensor) {
  const channels = tensor.shape.at(layout === 'NCHW' ? -3 : -1);
  const { data: pixels, info } = await sharp(file)
    .removeAlpha()
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const normalise = NORMALISATIONS[normalisation];
  if (normalise === undefined) throw new Error(`unknown normalisation ${normalisation}`);
  const area = info.width * info.height;
  const data = newTensor(tensor.dataType, area * channels);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < channels; c++) {
      const source = normalisation === 'bgr255' ? channels - 1 - c : c;
      const v = pixels[i * info.channels + source];
      data[layout === 'NCHW' ? c * area + i : i * channels + c] = quantise(
        normalise(v, c),
        v,
        normalisation,
        tensor,
      );
    }
  }
  return data;
}

function quantise(real, byte, normalisation, { dataType, quantization }) {
  if (dataType === 'float32') return real;
  // The reference fed the uint8 models of 2018, whose scale is 1/128, the bytes themselves.
  if (dataType === 'uint8' && (normalisation === 'raw' || normalisation === '-1..1')) return byte;
  if (normalisation === 'raw') return byte - 128;
  const q = Math.round(real / quantization.scale) + quantization.zeroPoint;
  return dataType === 'uint8' ? Math.min(255, Math.max(0, q)) : Math.min(127, Math.max(-128, q));
}

function newTensor(dataType, count) {
  const empty = tensorData(dataType, new ArrayBuffer(0));
  return new empty.constructor(count);
}
