/** An explanation for people: every step in words, in the order in which it was done. */
import type { ImageInputScaling } from '../deployment/impulse.js';
import type { ClassifyImageResponse } from '../index.js';
import type { ImageFacts } from '../preprocess/image-facts.js';
import type { Rect, Resampler } from '../preprocess/resample/plan.js';
import type { BlockFacts, Explanation, ResizeFacts, TensorFacts } from './explain.js';
import { nameOf } from './subject.js';
import { byteSize, counted, nameValueLines, printable } from './text.js';

/** @param resizedFile name of the PNG beside this text */
export function explainReport(explanation: Explanation, resizedFile: string): string {
  const { engines, resize, channels, blocks, response } = explanation;
  const steps: (readonly [string, string])[] = [
    ['decoded', sourceText(explanation)],
    ['turned', orientationText(explanation)],
    ['resized', resizeText(resize)],
    ['pixels', pixelsText(resize, resizedFile)],
    ['channels', CHANNELS[channels]],
  ];
  const parts = [
    printable(nameOf(explanation)),
    ...nameValueLines(steps),
    ...blocks.flatMap((block) => ['', ...blockLines(block)]),
    ...(blocks.length > 0
      ? []
      : ['', 'The deployment runs as a whole: what it does to the pixels can not be seen.']),
    '',
    `Response (${engines.map(printable).join(', ')})`,
    ...responseLines(response),
  ];
  return `${parts.join('\n')}\n`;
}

function pixelsText({ to, firstFeatures, sha256 }: ResizeFacts, file: string): string {
  return [
    `RGB, ${size(to)}: ${printable(file)}`,
    `raw features as in the studio ${firstFeatures}, ...`,
    `SHA-256 of the R G B bytes ${sha256}`,
  ].join('\n');
}

/** Lines of the response that are shown; the JSON has all. */
const RESPONSE_LINES = 100;

function responseLines(response: ClassifyImageResponse): string[] {
  const lines = JSON.stringify(response, null, 2).split('\n');
  const shown = lines.slice(0, RESPONSE_LINES).map((line) => `  ${printable(line)}`);
  return lines.length > shown.length ? [...shown, '  ...'] : shown;
}

function sourceText({ source }: Explanation): string {
  if (source.kind === 'frame') {
    return `raw frame, ${size(source)}, ${source.format}, ${source.stride} bytes a row`;
  }
  const { format, bytes, channels, bitsPerSample, colourSpace, pages } = source;
  return [
    `${format.toUpperCase()} of ${byteSize(bytes)}, ${size(source)}, ${counted(channels, 'channel')} of ${bitsPerSample} bits, ${colourSpace}`,
    ...(source.profile ? ['its colour profile was applied, giving sRGB'] : []),
    ...(source.alpha
      ? ['alpha was dropped, not composited; it weighted the colours where pixels were resampled']
      : []),
    ...(bitsPerSample > 8 ? ['resized in all bits, then the high 8 were taken'] : []),
    ...(pages > 1 ? [`the first of ${pages} frames or pages`] : []),
  ].join('\n');
}

function orientationText({ source, orientation }: Explanation): string {
  const stored = storedOrientation(source);
  if (stored <= 1) return 'no: it states no EXIF orientation other than upright';
  return orientation === 'exif'
    ? `yes: by its EXIF orientation ${stored}`
    : `no: its EXIF orientation is ${stored}, which is ignored as the hosted API does ('exif' follows it)`;
}

function storedOrientation(source: ImageFacts): number {
  return source.kind === 'file' ? (source.orientation ?? 1) : 1;
}

const RESAMPLER_WORDS: Readonly<Record<Resampler, string>> = {
  vips: 'libvips 8.17 and later: Lanczos 3 down, Catmull-Rom up',
  'vips-8.14': 'libvips 8.14, as the Node SDK pins it',
  sdk: 'the bilinear of the C++ SDK',
  area: 'INTER_AREA of OpenCV, as the Python SDK',
  triangle: "the triangle filter of Rust's image",
  nearest: 'the nearest pixel',
};

function resizeText(resize: ResizeFacts): string {
  const { mode, cropAnchor, resampler, resampled, from, to, crop, place, factor, seen } = resize;
  const anchor = cropAnchor === undefined ? '' : `, anchor ${cropAnchor}`;
  const way = resampled
    ? `resampler ${resampler} (${RESAMPLER_WORDS[resampler]})`
    : 'no resampling: the scale is 1';
  const cuts = place.x < 0 || place.y < 0 || place.width > to.width || place.height > to.height;
  const pads = place.width < to.width || place.height < to.height;
  return [
    `${size(from)} to ${size(to)}, mode ${mode}${anchor}; ${way}`,
    `${rect(crop)} of the picture became ${size(place)}: ${number(factor.x)} x ${number(factor.y)} of its pixels for one`,
    ...(cuts
      ? [`cut: it lies at (${place.x}, ${place.y}) of the model input, and what sticks out is gone`]
      : []),
    ...(pads ? [`on black: it lies at (${place.x}, ${place.y}) of the model input`] : []),
    `the model saw ${rect(seen)} of the picture`,
  ].join('\n');
}

const CHANNELS = {
  RGB: 'R, G and B of every pixel, x = v / 255',
  Grayscale: 'gray of every pixel (Rec. 601): x = 0.299 R + 0.587 G + 0.114 B, each v / 255',
} as const;

const SCALINGS: Readonly<Record<ImageInputScaling, string>> = {
  '0..1': 'x',
  '0..255': '255 x',
  '-1..1': '2 x - 1',
  '-128..127': '255 x - 128',
  torch: '(x - mean) / std: mean 0.485, 0.456, 0.406 and std 0.229, 0.224, 0.225 for R, G, B',
  'bgr-subtract-imagenet-mean': '255 x - mean, in the order B, G, R: mean 103.939, 116.779, 123.68',
};

function blockLines({ id, name, scaling, inputs, outputs }: BlockFacts): string[] {
  return [
    `Learn block ${id}${name === '' ? '' : `: ${printable(name)}`}`,
    ...nameValueLines([
      ['scaling', `${scaling}: ${SCALINGS[scaling]}`],
      ...inputs.flatMap((tensor) => [
        ['quantised', quantisationText(tensor)] as const,
        ['input', tensorText(tensor)] as const,
      ]),
      ...outputs.map((tensor) => ['output', tensorText(tensor)] as const),
    ]),
  ];
}

function quantisationText({ dataType, quantization }: TensorFacts): string {
  if (dataType === 'float32') return 'no: the model takes float32';
  if (quantization === undefined || quantization.scale === 0) {
    return `no parameters: the pixel bytes themselves, as ${dataType}`;
  }
  const { scale, zeroPoint } = quantization;
  const range = dataType === 'uint8' ? '0..255' : '-128..127';
  const shift = zeroPoint < 0 ? `- ${-zeroPoint}` : `+ ${zeroPoint}`;
  return `q = round(x / ${scale}) ${shift}, halves away from zero, clamped to ${range}`;
}

function tensorText(tensor: TensorFacts): string {
  const { name, shape, dataType, elements, min, max, mean, first, sha256 } = tensor;
  const more = elements > first.length ? ', ...' : '';
  return [
    `${printable(name)} ${dataType} [${shape.join(', ')}], ${counted(elements, 'element')}`,
    `min ${number(min)}, max ${number(max)}, mean ${number(mean)}`,
    `first ${first.map(number).join(', ')}${more}`,
    `SHA-256 ${sha256}`,
  ].join('\n');
}

function size({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width} x ${height}`;
}

function rect({ x, y, width, height }: Rect): string {
  return `${number(width)} x ${number(height)} at (${number(x)}, ${number(y)})`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(6)));
}
