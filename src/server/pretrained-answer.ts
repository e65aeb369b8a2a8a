/** The API's `GetPretrainedModelResponse`, made of what is known and what was measured. */
import { arch, cpus } from 'node:os';
import type { ModelVariant } from '../registry/build-targets.js';
import type { ModelProfile } from '../runtime/profile-model.js';
import type { TensorInfo } from '../tensor.js';
import type { SubjectModel } from './pretrained-subject.js';
import type { ProfileState } from './profiling.js';

const OTHER_DEVICE = 'Not measured: this server knows the device that it runs on, and no other.';
const NOT_FOR_MICROCONTROLLERS = { supported: false, mcuSupportError: OTHER_DEVICE } as const;

/** A model with what is known of it. */
export interface KnownModel {
  readonly model: SubjectModel;
  readonly variant: ModelVariant;
  readonly state: ProfileState;
}

/** @param known undefined where the impulse has no model, or none that could be had by itself */
export function pretrainedAnswer(known: KnownModel | undefined, modelInfo: object | undefined) {
  return {
    success: true,
    specificDeviceSelected: false,
    availableModelTypes: known === undefined ? [] : [known.variant],
    ...(known !== undefined && { model: modelAnswer(known) }),
    ...(modelInfo !== undefined && { modelInfo }),
  };
}

function modelAnswer(known: KnownModel) {
  const { model, state } = known;
  return {
    fileName: model.fileName,
    ...('profile' in state && { profileInfo: profileInfo(known, state.profile) }),
    inputs: model.inputs.map(toTensor),
    outputs: model.outputs.map(toTensor),
    ...('jobId' in state && {
      profileJobId: state.jobId,
      ...(state.hasFailed && { profileJobFailed: true }),
    }),
    supportsTFLite: model.format === 'tflite',
  };
}

/** A batch that is left open is run as one. The API knows three types; any other stands here by its own name. */
function toTensor({ name, shape, dataType, quantization }: TensorInfo) {
  const [batch, ...rest] = shape;
  return {
    dataType,
    name,
    shape: batch === -1 && rest.length > 0 ? [1, ...rest] : [...shape],
    ...(quantization !== undefined && {
      quantizationScale: quantization.scale,
      quantizationZeroPoint: quantization.zeroPoint,
    }),
  };
}

function profileInfo({ variant, model: { bytes, run } }: KnownModel, profile: ModelProfile) {
  const { timePerInferenceMs, grownBytes, activationBytes } = profile;
  const device = thisDevice(profile);
  const isAccelerated =
    run.options.tfliteDelegate !== undefined || (run.options.executionProvider ?? 'cpu') !== 'cpu';
  const measured = { description: device, timePerInferenceMs, rom: bytes, supported: true };
  const notMeasured = { description: OTHER_DEVICE, supported: false };
  return {
    [variant]: {
      variant,
      device,
      tfliteFileSizeBytes: bytes,
      isSupportedOnMcu: false,
      mcuSupportError: OTHER_DEVICE,
      ...(grownBytes !== undefined &&
        activationBytes !== undefined && {
          memory: { tflite: { ram: grownBytes, rom: bytes, arenaSize: activationBytes } },
        }),
      timePerInferenceMs,
      customMetrics: [],
      hasPerformance: true,
    },
    table: {
      variant,
      lowEndMcu: { description: 'Low-end microcontroller', ...NOT_FOR_MICROCONTROLLERS },
      highEndMcu: { description: 'High-end microcontroller', ...NOT_FOR_MICROCONTROLLERS },
      highEndMcuPlusAccelerator: {
        description: 'High-end microcontroller with an accelerator',
        ...NOT_FOR_MICROCONTROLLERS,
      },
      mpu: isAccelerated ? notMeasured : measured,
      gpuOrMpuAccelerator: isAccelerated ? measured : notMeasured,
    },
  };
}

/** `Cortex-A76, 4 threads of tflite 2.9.0 (xnnpack)` */
function thisDevice({ engine, version, delegate, threads }: ModelProfile): string {
  const processor = cpus()[0]?.model.trim() || arch();
  return `${processor}, ${threads} thread${threads === 1 ? '' : 's'} of ${engine} ${version} (${delegate})`;
}
