/** What libvips says when it can't decode, in words that help. */
import { InputError } from '../errors.js';
import { foreignFile, looksLikeText } from './foreign-file.js';
import type { EncodedImage } from './image-source.js';
import { tooManyPixels } from './input-limits.js';

const READABLE = 'JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG or BMP';

/** The typed error for a failure of sharp on this image. Other errors of ours pass unchanged. */
export function imageError(cause: unknown, image: EncodedImage): InputError {
  if (cause instanceof InputError) return cause;
  const detail = sayOnce(cause);
  if (/pixel limit/i.test(detail)) {
    return tooManyPixels(`The image ${image.name} has`, image.maxPixels, cause);
  }
  const foreign = foreignFile(image.bytes);
  if (foreign !== '' || /unsupported image format/i.test(detail)) {
    const what = foreign === '' && looksLikeText(image.bytes) ? ': it looks like text' : foreign;
    return new InputError(
      'ERR_INPUT_IMAGE',
      `The image ${image.name} is not ${READABLE}${what}. Convert it to one of these.`,
      { cause },
    );
  }
  return new InputError(
    'ERR_INPUT_IMAGE',
    `The image ${image.name} can't be decoded: it is damaged or incomplete (${detail}). Write or download it again.`,
    { cause },
  );
}

/** The typed error for a failure of sharp on a raw frame whose size and data fit: extreme shapes, out of memory. */
export function frameError(cause: unknown, width: number, height: number): InputError {
  return new InputError(
    'ERR_INPUT_IMAGE',
    `A picture of ${width}x${height} can't be resized: ${sayOnce(cause)}.`,
    {
      cause,
    },
  );
}

/** libvips repeats its lines, one for each attempt, and tells of every try to read on. */
function sayOnce(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause))
    .split('\n')
    .map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== '' && !line.includes('bad seek')).join('; ');
}
