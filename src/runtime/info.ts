/** What a deployment is and how it runs here, as plain data: `impulse inspect --json` prints it. */
import type { DeploymentContents, DeploymentFormat, DeploymentWarning } from '../deployment/contents.js';
import type {
  AnomalyBlock,
  DspBlock,
  ImpulseInput,
  LearnBlock,
  ObjectTrackingSettings,
  ProjectInfo,
} from '../deployment/impulse.js';
import type { TensorInfo } from '../tensor.js';
import type { EngineAttempt } from './engines/index.js';
import type { ModelBlock, OpenBlock } from './learn-block.js';
import type { SessionDetails } from './session.js';

/** A learn block with its model and the engine that runs it. */
export interface LearnBlockInfo {
  readonly block: LearnBlock;
  readonly model: {
    readonly format: 'tflite' | 'onnx';
    /** Where in the download it was found. */
    readonly name: string;
    readonly bytes: number;
    readonly inputs: readonly TensorInfo[];
    readonly outputs: readonly TensorInfo[];
  };
  readonly engine: SessionDetails;
  /** The engines that were not chosen, and why. */
  readonly otherEngines: readonly EngineAttempt[];
}

export interface DeploymentInfo {
  readonly format: DeploymentFormat;
  readonly project: ProjectInfo;
  readonly input: ImpulseInput;
  readonly dspBlocks: readonly DspBlock[];
  /** Those that have a model. */
  readonly learnBlocks: readonly LearnBlockInfo[];
  /** K-means blocks: data in place of a model, so no engine. */
  readonly kmeansBlocks: readonly AnomalyBlock[];
  /** The deployment's own settings for `classifyStream(frames, { track: true })`. */
  readonly tracking?: ObjectTrackingSettings;
  readonly warnings: readonly DeploymentWarning[];
}

export function describeDeployment(
  contents: DeploymentContents,
  blocks: readonly OpenBlock[],
): DeploymentInfo {
  const { format, impulse, warnings } = contents;
  return {
    format,
    project: impulse.project,
    input: impulse.input,
    dspBlocks: impulse.dspBlocks,
    learnBlocks: blocks.flatMap((open) => (open.kind === 'model' ? [describeBlock(open, contents)] : [])),
    kmeansBlocks: blocks.flatMap((open) => (open.kind === 'kmeans' ? [open.block] : [])),
    ...(impulse.tracking !== undefined && { tracking: impulse.tracking }),
    warnings,
  };
}

function describeBlock(
  { block, session, attempts }: ModelBlock,
  { artefacts }: DeploymentContents,
): LearnBlockInfo {
  const artefact = artefacts.get(block.artefact);
  return {
    block,
    model: {
      format: artefact?.format ?? 'tflite',
      name: artefact?.name ?? block.artefact,
      bytes: artefact?.bytes.length ?? 0,
      inputs: session.inputs,
      outputs: session.outputs,
    },
    engine: session.details,
    otherEngines: attempts,
  };
}
