/** WAV files for tests. */

export interface WavFile {
  /** As the format stores them, channels interleaved. */
  readonly samples: ArrayLike<number>;
  /** 1: PCM, 3: float. @default 1 */
  readonly code?: number;
  /** @default 16 */
  readonly bits?: number;
  /** @default 1 */
  readonly channels?: number;
  /** @default 16000 */
  readonly sampleRate?: number;
  readonly extensible?: boolean;
  /** Chunks between the format and the samples. */
  readonly before?: readonly (readonly [id: string, body: Uint8Array])[];
}

export function wavFile({
  samples,
  code = 1,
  bits = 16,
  channels = 1,
  sampleRate = 16000,
  extensible = false,
  before = [],
}: WavFile): Uint8Array<ArrayBuffer> {
  const bytes = bits / 8;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : code, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * channels * bytes, 8);
  format.writeUInt16LE(channels * bytes, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) format.writeUInt16LE(code, 24);
  const data = Buffer.alloc(samples.length * bytes);
  for (let index = 0; index < samples.length; index++) {
    writeSample(data, index * bytes, samples[index] ?? 0, code, bits);
  }
  const chunks = [chunk('fmt ', format), ...before.map(([id, body]) => chunk(id, body)), chunk('data', data)];
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return Uint8Array.from(chunk('RIFF', body));
}

function writeSample(data: Buffer, at: number, value: number, code: number, bits: number): void {
  if (code === 3 && bits === 32) data.writeFloatLE(value, at);
  else if (code === 3) data.writeDoubleLE(value, at);
  else if (bits === 8) data.writeUInt8(value, at);
  else data.writeIntLE(value, at, bits / 8);
}

function chunk(id: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}
