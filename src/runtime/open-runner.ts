/** An impulse that a runner runs: raw features in, results out. */
import type { DeploymentFormat, DeploymentWarning } from '../deployment/contents.js';
import type { LearnBlock } from '../deployment/impulse.js';
import { InputError, UnsupportedError } from '../errors.js';
import { applyThresholds } from '../postprocess/thresholds.js';
import { imageFeatures } from '../preprocess/features.js';
import type { ImpulseRunner, RunnerResult } from './impulse-runner.js';
import { describeContents } from './info.js';
import type { ImpulseResult, OpenImpulse } from './open-impulse.js';
import type { PreparedInput } from './prepare.js';

/** @param about what else is known of the download */
export function openRunner(
  runner: ImpulseRunner,
  about: { readonly format: DeploymentFormat; readonly warnings: readonly DeploymentWarning[] },
): OpenImpulse {
  let learnBlocks: readonly LearnBlock[] = runner.impulse.learnBlocks;
  /** Thresholds on their way to the runner; what went wrong with them is the next answer's error. */
  let pending: Promise<void> = Promise.resolve();
  return {
    engines: [runner.details.engine],

    async run(preparing, { tensors: wantTensors, thresholds }) {
      if (thresholds !== undefined) {
        // What can't be prepared is not what is refused here, and nobody waits for it any more.
        preparing.catch(() => {});
        throw oneSetOfThresholds();
      }
      const prepared = await preparing;
      refuseTensors(prepared, wantTensors);
      const features = prepared.kind === 'pixels' ? imageFeatures(prepared.pixels) : samplesOf(prepared);
      await pending;
      return resultOf(await runner.classify(features));
    },

    continuous() {
      const sliceLength = sliceLengthOf(runner);
      let warmingUp = slicesOf(runner, sliceLength) - 1;
      return {
        sliceLength,
        async push(slice) {
          const samples = Float32Array.from(slice);
          await pending;
          const result = await runner.classifyContinuous(samples);
          // Until a window is full, a runner answers with zeros.
          return warmingUp-- > 0 ? undefined : resultOf(result);
        },
        close() {},
      };
    },

    setThresholds(thresholds) {
      const before = learnBlocks;
      learnBlocks = applyThresholds(before, thresholds);
      pending = runner.setThresholds(thresholds);
      // The next run tells why.
      pending.catch(() => {
        learnBlocks = before;
      });
    },

    info: () => ({
      ...describeContents({ ...about, impulse: runner.impulse }),
      learnBlocks: learnBlocks.map((block) => ({ block })),
      runner: runner.details,
    }),

    close: () => runner.close(),
  };
}

function resultOf({ decoded, tracked, timing }: RunnerResult): ImpulseResult {
  return { decoded, ...(tracked !== undefined && { tracked }), timing: { ...timing, tensorMs: 0 } };
}

function sliceLengthOf({ sliceSize }: ImpulseRunner): number {
  if (sliceSize !== undefined) return sliceSize;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    'This runner has no continuous mode: only impulses that listen to a microphone have one.',
  );
}

function slicesOf({ impulse: { input } }: ImpulseRunner, sliceLength: number): number {
  return input.inputType === 'image' ? 1 : Math.max(1, Math.floor(input.featureCount / sliceLength));
}

function refuseTensors({ kind }: PreparedInput, wantTensors: boolean): void {
  if (kind !== 'tensor' && !wantTensors) return;
  throw new InputError(
    kind === 'tensor' ? 'ERR_INPUT_TYPE' : 'ERR_OPTION_INVALID',
    'This deployment runs as a whole, so the tensors of its models can be neither given nor shown: ' +
      'pass a picture or { features }, and leave tensors out.',
  );
}

function oneSetOfThresholds(): InputError {
  return new InputError(
    'ERR_OPTION_INVALID',
    'This deployment runs as a whole and has one set of thresholds for all calls: ' +
      'change them with setThresholds(), and leave thresholds out here.',
  );
}

function samplesOf(prepared: PreparedInput): Float32Array {
  if (prepared.kind === 'samples') return Float32Array.from(prepared.samples);
  throw new TypeError('Only pictures and samples reach a runner.');
}
