/** The API's `GetPretrainedModelResponse`, made of what is known and what was measured. */
import { arch, cpus } from 'node:os';
import type { ModelProfile } from '../runtime/profile-model.js';
import type { TensorInfo } from '../tensor.js';
import type { ProfileState } from './profiling.js';
import type { Subject, SubjectModel } from './subject.js';

const OTHER_DEVICE = 'Not measured: this server knows the device that it runs on, and no other.';
const NOT_FOR_MICROCONTROLLERS = { supported: false, mcuSupportError: OTHER_DEVICE } as const;

/** @param subject undefined where the impulse has no model yet */
export function pretrainedAnswer(subject: Subject | undefined, state: ProfileState | undefined) {
  const { model, modelInfo } = subject ?? {};
  return {
    success: true,
    specificDeviceSelected: false,
    availableModelTypes: model === undefined ? [] : [model.variant],
    ...(model !== undefined && {
      model: {
        fileName: model.fileName,
        ...(state !== undefined && 'profile' in state && { profileInfo: profileInfo(model, state.profile) }),
        inputs: model.inputs.map(toTensor),
        outputs: model.outputs.map(toTensor),
        ...(state !== undefined &&
          'jobId' in state && {
            profileJobId: state.jobId,
            ...(state.hasFailed && { profileJobFailed: true }),
          }),
        supportsTFLite: model.format === 'tflite',
      },
    }),
    ...(modelInfo !== undefined && { modelInfo }),
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

function profileInfo({ variant, bytes, run }: SubjectModel, profile: ModelProfile) {
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
