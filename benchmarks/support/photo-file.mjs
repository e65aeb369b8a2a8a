/** A photo as a file: a real one where there is one, or else one that is made. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jpegPhoto } from './inputs.mjs';

const REAL = fileURLToPath(new URL('../../../shared/models/photos/dog.jpg', import.meta.url));

/** @param {(photo: { file: string, about: string }) => unknown} use */
export async function withPhoto(use) {
  if (existsSync(REAL)) return use({ file: REAL, about: 'JPEG, 768x576' });
  return withMadePhoto(768, 576, use);
}

/** @param {number} width @param {number} height @param {(photo: { file: string, about: string }) => unknown} use */
export async function withMadePhoto(width, height, use) {
  const folder = mkdtempSync(join(tmpdir(), 'impulse-bench-'));
  try {
    const file = join(folder, 'photo.jpg');
    writeFileSync(file, await jpegPhoto(width, height));
    return await use({ file, about: `JPEG, ${width}x${height}` });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
