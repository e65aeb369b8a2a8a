/** Runner `wasm`: Edge Impulse WebAssembly deployments, each in a worker thread of its own. */
import type { WasmFiles } from '../../deployment/wasm.js';
import { integerInRange } from '../../options.js';
import type { ImpulseRunner } from '../impulse-runner.js';
import { openRunner } from './wasm/runner.js';

export interface WasmOptions {
  /**
   * Numbers in one sample, for motion builds of 2020 and 2021, which do not say. Ignored where the module says it.
   */
  readonly axisCount?: number;
  /** Milliseconds until the module must run; 30,000 unless given. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that one request may take before the module is stopped; 60,000 unless given. */
  readonly requestTimeoutMs?: number;
  /** MiB of memory that the module may have; 1,024 unless given. */
  readonly memoryMiB?: number;
  /** Performance calibration in continuous mode, where the build has it; true unless given. */
  readonly calibrate?: boolean;
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Starts the module of a WebAssembly deployment: the files come from `readWasm()`.
 *
 * @throws {EngineError} `ERR_ENGINE_LOAD` it does not start, `ERR_ENGINE_OUTPUT` what it says of itself is nonsense
 * @throws {TimeoutError} `ERR_TIMEOUT` it does not start in time
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID` it does not say what it takes or gives
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 * @throws {InputError} `ERR_OPTION_INVALID`
 */
export async function openWasm(files: WasmFiles, options: WasmOptions = {}): Promise<ImpulseRunner> {
  const {
    axisCount,
    startTimeoutMs = 30_000,
    requestTimeoutMs = 60_000,
    memoryMiB = 1024,
    calibrate = true,
  } = options;
  return openRunner(files, {
    ...(axisCount !== undefined && { axisCount: integerInRange(axisCount, 1, 10_000, 'axisCount') }),
    startTimeoutMs: integerInRange(startTimeoutMs, 1, MAX_TIMEOUT_MS, 'startTimeoutMs'),
    requestTimeoutMs: integerInRange(requestTimeoutMs, 1, MAX_TIMEOUT_MS, 'requestTimeoutMs'),
    memoryMiB: integerInRange(memoryMiB, 1, 4096, 'memoryMiB'),
    calibrate,
  });
}
