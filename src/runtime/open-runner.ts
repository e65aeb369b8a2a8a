/** An impulse that a runner runs: raw features in, results out. */
import type { DeploymentFormat, DeploymentWarning } from '../deployment/contents.js';
import type { LearnBlock } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { applyThresholds } from '../postprocess/thresholds.js';
import { imageFeatures } from '../preprocess/features.js';
import type { ImpulseRunner } from './impulse-runner.js';
import { describeContents } from './info.js';
import type { OpenImpulse } from './open-impulse.js';
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

    async run(preparing, wantTensors) {
      const prepared = await preparing;
      refuseTensors(prepared, wantTensors);
      const features = prepared.kind === 'pixels' ? imageFeatures(prepared.pixels) : samplesOf(prepared);
      await pending;
      const { decoded, timing } = await runner.classify(features);
      return { decoded, timing: { ...timing, tensorMs: 0 } };
    },

    setThresholds(thresholds) {
      learnBlocks = applyThresholds(learnBlocks, thresholds);
      pending = runner.setThresholds(thresholds);
      pending.catch(() => {}); // told by the next run
    },

    info: () => ({
      ...describeContents({ ...about, impulse: runner.impulse }),
      learnBlocks: learnBlocks.map((block) => ({ block })),
      runner: runner.details,
    }),

    close: () => runner.close(),
  };
}

function refuseTensors({ kind }: PreparedInput, wantTensors: boolean): void {
  if (kind !== 'tensor' && !wantTensors) return;
  throw new InputError(
    kind === 'tensor' ? 'ERR_INPUT_TYPE' : 'ERR_OPTION_INVALID',
    'This deployment runs as a whole, so the tensors of its models can be neither given nor shown: ' +
      'pass a picture or { features }, and leave tensors out.',
  );
}

function samplesOf(prepared: PreparedInput): Float32Array {
  if (prepared.kind === 'samples') return Float32Array.from(prepared.samples);
  throw new TypeError('Only pictures and samples reach a runner.');
}
