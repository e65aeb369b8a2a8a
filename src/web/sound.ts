/** Sound of any kind as the numbers that audio models take: from a file, or from the microphone. */
import { deviceProblem, insecure, stopTracks } from './camera.js';
import { isWav, mono, readWav, to16Bits } from './wav.js';

export interface Samples {
  /** -32768..32767, one channel. */
  readonly values: readonly number[];
  /** What was done to the sound, in words. */
  readonly notes: readonly string[];
}

/**
 * @param frequencyHz of the model
 * @throws {Error} in words for people
 */
export async function soundOfFile(file: File, frequencyHz: number): Promise<Samples> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const sound = isWav(bytes) ? readWav(bytes) : undefined;
  if (sound === undefined) return decodedByBrowser(bytes, frequencyHz);
  const { sampleRate, channels } = sound;
  const samples = mono(sound);
  const notes = [
    `${seconds(samples.length, sampleRate)} at ${sampleRate} Hz`,
    ...(channels.length > 1 ? [`mean of ${channels.length} channels`] : []),
  ];
  if (sampleRate === frequencyHz) return { values: to16Bits(samples), notes };
  const resampled = await resample(
    Float32Array.from(samples, (value) => value / 32768),
    sampleRate,
    frequencyHz,
  );
  return { values: of32(resampled), notes: [...notes, resampledNote(frequencyHz)] };
}

async function decodedByBrowser(bytes: Uint8Array<ArrayBuffer>, frequencyHz: number): Promise<Samples> {
  const context = new OfflineAudioContext(1, 1, frequencyHz);
  const buffer = await context.decodeAudioData(bytes.buffer).catch(() => {
    throw new Error('This is no sound that the page or this browser can read: expected a WAV file.');
  });
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) =>
    Float64Array.from(buffer.getChannelData(index)),
  );
  const notes = [
    seconds(buffer.length, frequencyHz),
    `decoded by the browser at ${frequencyHz} Hz`,
    ...(channels.length > 1 ? [`mean of ${channels.length} channels`] : []),
  ];
  return { values: of32(mono({ sampleRate: frequencyHz, channels })), notes };
}

export interface Recording {
  /** Ends it. */
  stop(): Promise<Samples>;
  /** So far. */
  readonly seconds: number;
}

/** @throws {Error} in words for people: there is no microphone, or it may not be used */
export async function record(frequencyHz: number): Promise<Recording> {
  if (navigator.mediaDevices === undefined) throw new Error(insecure('microphone'));
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio }).catch((error) => {
    throw new Error(deviceProblem(error, 'microphone'));
  });
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    return await recordStream(stream, context, frequencyHz);
  } catch (error) {
    // Nobody else could stop it.
    stopTracks(stream);
    await context?.close();
    throw error;
  }
}

async function recordStream(
  stream: MediaStream,
  context: AudioContext,
  frequencyHz: number,
): Promise<Recording> {
  await context.audioWorklet.addModule(new URL('recorder.js', import.meta.url));
  const node = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0 });
  const blocks: Float32Array[] = [];
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => blocks.push(data);
  context.createMediaStreamSource(stream).connect(node);
  const length = (): number => blocks.reduce((sum, block) => sum + block.length, 0);
  return {
    get seconds() {
      return length() / context.sampleRate;
    },
    async stop() {
      stopTracks(stream);
      const { sampleRate } = context;
      await context.close();
      const samples = new Float32Array(length());
      let at = 0;
      for (const block of blocks) {
        samples.set(block, at);
        at += block.length;
      }
      if (at === 0) throw new Error('The microphone gave no sound.');
      const same = sampleRate === frequencyHz;
      const values = of32(same ? samples : await resample(samples, sampleRate, frequencyHz));
      const notes = [`${seconds(at, sampleRate)} at ${sampleRate} Hz`];
      return { values, notes: same ? notes : [...notes, resampledNote(frequencyHz)] };
    },
  };
}

/** By the browser, which does it well. */
async function resample(samples: Float32Array<ArrayBuffer>, from: number, to: number): Promise<Float32Array> {
  const length = Math.max(1, Math.round((samples.length * to) / from));
  const context = new OfflineAudioContext(1, length, to);
  const buffer = context.createBuffer(1, samples.length, from);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0);
}

function resampledNote(frequencyHz: number): string {
  return `resampled to ${frequencyHz} Hz by the browser`;
}

/** @param samples -1..1 */
function of32(samples: ArrayLike<number>): number[] {
  return to16Bits(Float64Array.from(samples, (value) => Math.min(32767, Math.max(-32768, value * 32768))));
}

function seconds(count: number, frequencyHz: number): string {
  return `${(count / frequencyHz).toFixed(2)} s`;
}
