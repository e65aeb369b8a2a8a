/** Frames of every format from samples that a function gives, written plainly: another way than the one under test. */
import type { FrameFormat } from '../../src/preprocess/frame-format.js';

export type Sample = (x: number, y: number) => number;

/** Luma of each pixel; chroma of each 2 x 2 (or 2 x 1) pixels. */
export interface YuvSamples {
  readonly y: Sample;
  readonly u: Sample;
  readonly v: Sample;
}

/** Bytes row after row, each filled up to `stride` with `padding`. */
function plane(
  rows: number,
  stride: number,
  padding: number,
  bytesOfRow: (row: number) => number[],
): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const bytes = bytesOfRow(row);
    return [...bytes, ...Array(Math.max(0, stride - bytes.length)).fill(padding)];
  }).flat();
}

export function writeYuv(
  format: Extract<FrameFormat, 'YUYV' | 'UYVY' | 'NV12' | 'I420'>,
  width: number,
  height: number,
  { y, u, v }: YuvSamples,
  stride: number,
  padding = 0xee,
): Uint8Array {
  const across = Array.from({ length: Math.ceil(width / 2) }, (_, index) => index);
  const down = Math.ceil(height / 2);
  const luma = (): number[] =>
    plane(height, stride, padding, (row) => Array.from({ length: width }, (_, x) => y(x, row)));
  switch (format) {
    case 'YUYV':
      return Uint8Array.from(
        plane(height, stride, padding, (row) =>
          across.flatMap((pair) => [y(2 * pair, row), u(pair, row), y(2 * pair + 1, row), v(pair, row)]),
        ),
      );
    case 'UYVY':
      return Uint8Array.from(
        plane(height, stride, padding, (row) =>
          across.flatMap((pair) => [u(pair, row), y(2 * pair, row), v(pair, row), y(2 * pair + 1, row)]),
        ),
      );
    case 'NV12': {
      const chroma = plane(down, stride + (stride % 2), padding, (row) =>
        across.flatMap((x) => [u(x, row), v(x, row)]),
      );
      return Uint8Array.from([...luma(), ...chroma]);
    }
    case 'I420': {
      const half = (stride + (stride % 2)) / 2;
      const chroma = [u, v].map((sample) =>
        plane(down, half, padding, (row) => across.map((x) => sample(x, row))),
      );
      return Uint8Array.from([...luma(), ...chroma.flat()]);
    }
  }
}

/** Interleaved bytes with a stride: `samples` of each pixel in the format's order. */
export function writeInterleaved(
  width: number,
  height: number,
  samples: (x: number, y: number) => readonly number[],
  stride: number,
  padding = 0xee,
): Uint8Array {
  return Uint8Array.from(
    plane(height, stride, padding, (row) =>
      Array.from({ length: width }, (_, x) => [...samples(x, row)]).flat(),
    ),
  );
}
