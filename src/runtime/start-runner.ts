/** Downloads that are programs: which they are, and the runner that runs them. */
import type { DeploymentFormat } from '../deployment/contents.js';
import { libraryRoots } from '../deployment/cpp/parameter-headers.js';
import type { Download } from '../deployment/download.js';
import { MANIFEST_NAME } from '../deployment/package/read.js';
import { findWasm, readWasm } from '../deployment/wasm.js';
import { InputError } from '../errors.js';
import { refuseForRunner } from './accelerator-options.js';
import type { ImpulseRunner } from './impulse-runner.js';
import type { NormalizedOpenOptions } from './options.js';

export interface StartedRunner {
  readonly format: DeploymentFormat;
  readonly runner: ImpulseRunner;
}

/**
 * Starts the runner of a download that is a program; undefined for one whose models can be read.
 *
 * @throws what `openEim()` and `openWasm()` throw; {InputError} `ERR_OPTION_INVALID`: it may not be executed, or takes no
 *   such option
 */
export async function startRunner(
  download: Download,
  options: NormalizedOpenOptions,
): Promise<StartedRunner | undefined> {
  const { allowExecution, runnerIsolation, runnerMemoryMiB, startTimeoutMs, requestTimeoutMs } = options;
  const timeouts = {
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  };
  if (download.kind === 'eim') {
    refuseChoices(options);
    const { openEim } = await import('./engines/eim.js');
    const runner = await openEim(pathOf(download), {
      allowExecution,
      ...(runnerIsolation !== undefined && { isolation: runnerIsolation }),
      ...(runnerMemoryMiB !== undefined && { memoryLimitMiB: runnerMemoryMiB }),
      ...timeouts,
    });
    return { format: 'eim', runner };
  }
  if (download.kind !== 'tree' || holdsModels(download)) return undefined;
  const pair = findWasm(download.tree, options.impulse);
  if (pair === undefined) return undefined;
  refuseChoices(options);
  const files = await readWasm(download.tree, pair);
  const { openWasm } = await import('./engines/wasm.js');
  const { axisCount } = options;
  const runner = await openWasm(files, {
    ...(axisCount !== undefined && { axisCount }),
    ...(runnerMemoryMiB !== undefined && { memoryMiB: runnerMemoryMiB }),
    ...timeouts,
  });
  return { format: 'wasm', runner };
}

/** A runner is an engine of its own, with one state: there is nothing to choose, and only one of it. */
function refuseChoices(options: NormalizedOpenOptions): void {
  refuseForRunner(options);
  const { sessions, tune } = options;
  const asked = sessions > 1 ? 'sessions' : tune === 'measure' ? 'tune' : undefined;
  if (asked === undefined) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `openDeployment(): ${asked}: a runner (.eim, WebAssembly) runs as a whole, one input at a time, as it was built to. Leave the option out.`,
  );
}

/** What can be read as data is not executed. */
function holdsModels({ tree }: Extract<Download, { readonly kind: 'tree' }>): boolean {
  return tree.has(MANIFEST_NAME) || libraryRoots(tree).length > 0;
}

function pathOf(download: Extract<Download, { readonly kind: 'eim' }>): string {
  if ('path' in download) return download.path;
  throw new InputError(
    'ERR_INPUT_TYPE',
    'The download is a Linux or macOS runner (.eim), a program: it is run from its file, so pass the path, not the bytes.',
  );
}
