/** WAV files, exactly: what the bytes say, as the 16-bit numbers that audio models take. Knows no browser. */

export interface Sound {
  readonly sampleRate: number;
  /** -32768..32767, for each channel; of more than 16 bits, the fraction is kept. */
  readonly channels: readonly Float64Array[];
}

interface Format {
  readonly code: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** Reads the number at a place, in units of 16-bit samples. */
type ReadSample = (view: DataView, at: number) => number;

export function isWav(bytes: Uint8Array): boolean {
  return text(bytes, 0) === 'RIFF' && text(bytes, 8) === 'WAVE';
}

/**
 * PCM of 8, 16, 24 or 32 bits, or float of 32 or 64 bits, where 1.0 is 32768. Values beyond 16 bits are clipped.
 *
 * @returns undefined for other codecs
 * @throws {RangeError} the file is cut off or makes no sense
 */
export function readWav(bytes: Uint8Array): Sound | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (text(bytes, at) === 'fmt ' && size >= 16 && body + size <= bytes.length)
      format = readFormat(view, body, size);
    if (text(bytes, at) === 'data') {
      if (format === undefined)
        throw new RangeError('This WAV file has samples before it says of what kind.');
      // A recorder that was stopped in the middle leaves a length that is too large, or none.
      return readSamples(view, format, body, Math.min(bytes.length, body + (size || bytes.length)));
    }
    at = body + size + (size % 2);
  }
  throw new RangeError('This WAV file holds no samples.');
}

function readFormat(view: DataView, at: number, size: number): Format {
  const code = view.getUint16(at, true);
  return {
    code: code === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : code,
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function readSamples(view: DataView, format: Format, start: number, end: number): Sound | undefined {
  const { code, channels, sampleRate, bits } = format;
  const read = readerOf(code, bits);
  if (read === undefined) return undefined;
  if (channels === 0 || sampleRate === 0) {
    throw new RangeError(`This WAV file says it has ${channels} channels at ${sampleRate} Hz.`);
  }
  const bytes = bits / 8;
  const length = Math.floor((end - start) / (bytes * channels));
  if (length === 0) throw new RangeError('This WAV file holds no samples.');
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) =>
      Float64Array.from({ length }, (_, index) =>
        clipped(read(view, start + (index * channels + channel) * bytes)),
      ),
    ),
  };
}

function readerOf(code: number, bits: number): ReadSample | undefined {
  if (code === PCM) {
    switch (bits) {
      case 8:
        return (view, at) => (view.getUint8(at) - 128) * 256;
      case 16:
        return (view, at) => view.getInt16(at, true);
      case 24:
        return (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 256;
      case 32:
        return (view, at) => view.getInt32(at, true) / 65536;
    }
  }
  if (code === FLOAT && bits === 32) return (view, at) => view.getFloat32(at, true) * 32768;
  if (code === FLOAT && bits === 64) return (view, at) => view.getFloat64(at, true) * 32768;
  return undefined;
}

function clipped(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(32767, Math.max(-32768, value));
}

/** One channel: the only one, or the mean of all. */
export function mono({ channels }: Sound): Float64Array {
  const [first = new Float64Array(), ...others] = channels;
  if (others.length === 0) return first;
  return first.map(
    (value, index) => others.reduce((sum, other) => sum + (other[index] ?? 0), value) / channels.length,
  );
}

/** Whole numbers, as a microphone's. */
export function to16Bits(samples: Float64Array): number[] {
  return Array.from(samples, (value) => Math.round(value) + 0);
}

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
