/** What a deployment is and how it runs here, as plain data: `impulse inspect --json` prints it. */
import type {
  DeploymentContents,
  DeploymentFormat,
  DeploymentWarning,
  ModelFormat,
} from '../deployment/contents.js';
import type {
  DspBlock,
  ImpulseInput,
  LearnBlock,
  ObjectTrackingSettings,
  ProjectInfo,
} from '../deployment/impulse.js';
import type { TensorInfo } from '../tensor.js';
import type { EngineAttempt } from './engines/index.js';
import type { RunnerDetails } from './impulse-runner.js';
import type { ModelBlock, OpenBlock } from './learn-block.js';
import type { SessionDetails } from './session.js';
import type { Tuning } from './tuning/tuning.js';

/** A model and the engine that runs it. */
export interface ModelInfo {
  readonly format: ModelFormat;
  /** Where in the download it was found. */
  readonly name: string;
  readonly bytes: number;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly engine: SessionDetails;
  /** The engines that were not chosen, and why. */
  readonly otherEngines: readonly EngineAttempt[];
  /** What was measured on this machine, where that chose the engine. */
  readonly tuning?: Tuning;
}

export interface LearnBlockInfo {
  readonly block: LearnBlock;
  /** Absent for K-means, which is data in place of a model, and where a runner runs the whole impulse. */
  readonly model?: ModelInfo;
}

export interface DeploymentInfo {
  readonly format: DeploymentFormat;
  readonly project: ProjectInfo;
  readonly input: ImpulseInput;
  readonly dspBlocks: readonly DspBlock[];
  readonly learnBlocks: readonly LearnBlockInfo[];
  /** What runs the whole impulse, where its models are not ours to run. */
  readonly runner?: RunnerDetails;
  /** The deployment's own settings for `classifyStream(frames, { track: true })`. */
  readonly tracking?: ObjectTrackingSettings;
  readonly warnings: readonly DeploymentWarning[];
}

/** Everything but the learn blocks, which depend on what runs them. */
export function describeContents({
  format,
  impulse,
  warnings,
}: Pick<DeploymentContents, 'format' | 'impulse' | 'warnings'>): Omit<DeploymentInfo, 'learnBlocks'> {
  const { project, input, dspBlocks, tracking } = impulse;
  return { format, project, input, dspBlocks, ...(tracking !== undefined && { tracking }), warnings };
}

export function describeBlock(
  open: OpenBlock,
  { artefacts }: Pick<DeploymentContents, 'artefacts'>,
): LearnBlockInfo {
  const { block } = open;
  return open.kind === 'model' ? { block, model: describeModel(open, artefacts) } : { block };
}

function describeModel(
  { block, session, attempts, tuning }: ModelBlock,
  artefacts: DeploymentContents['artefacts'],
): ModelInfo {
  const artefact = artefacts.get(block.artefact);
  return {
    format: artefact?.format ?? 'tflite',
    name: artefact?.name ?? block.artefact,
    bytes: artefact?.bytes.length ?? 0,
    inputs: session.inputs,
    outputs: session.outputs,
    engine: session.details,
    otherEngines: attempts,
    ...(tuning !== undefined && { tuning }),
  };
}
