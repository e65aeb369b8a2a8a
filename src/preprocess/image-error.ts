/** What libvips says when it can't decode, in words that help. */
import { InputError } from '../errors.js';
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
  if (/unsupported image format/i.test(detail)) {
    return new InputError(
      'ERR_INPUT_IMAGE',
      `The image ${image.name} is not ${READABLE}${looksLike(image.bytes)}. Convert it to one of these.`,
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

/** libvips repeats its lines, one for each attempt. */
function sayOnce(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause))
    .split('\n')
    .map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== '').join('; ');
}

/** For files saved under a picture's name: what their first bytes look like. */
function looksLike(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
  if (head.startsWith('version https://git-lfs'))
    return ": it is a Git LFS pointer, fetch the file with 'git lfs pull'";
  if (/^\s*<(!doctype html|html)/i.test(head)) return ': it is a web page, perhaps a failed download';
  if (/^....ftyp(hei|hev|mif1|msf1)/s.test(head)) return ': it is HEIC, which needs a licensed decoder';
  if (/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(head)) return ': it looks like text';
  return '';
}
