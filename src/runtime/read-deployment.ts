/** What a download holds, with what the caller's options change in it. */
import type { DeploymentContents } from '../deployment/contents.js';
import type { Download } from '../deployment/download.js';
import type { OpenContentsOptions } from '../deployment/open.js';
import { readContents } from '../deployment/open.js';
import { applyThresholds } from '../postprocess/thresholds.js';
import type { NormalizedOpenOptions, OpenOptions } from './options.js';

/** @throws as `readContents()`; {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID` */
export async function readDeployment(
  download: Download,
  options: NormalizedOpenOptions,
): Promise<DeploymentContents> {
  const contents = await readContents(download, readerOptions(options));
  const { impulse } = contents;
  const learnBlocks = applyThresholds(impulse.learnBlocks, options.thresholds);
  return {
    ...contents,
    impulse: { ...impulse, input: inputOf(impulse.input, options), learnBlocks },
    warnings: unanswered(contents.warnings, options),
  };
}

function readerOptions({ modelInfo, lastLayer, impulse }: NormalizedOpenOptions): OpenContentsOptions {
  return {
    ...(modelInfo !== undefined && { modelInfo }),
    ...(lastLayer !== undefined && { lastLayer }),
    ...(impulse !== undefined && { impulse }),
  };
}

/** What the impulse takes, with what the caller wants otherwise. */
export function inputOf(
  input: DeploymentContents['impulse']['input'],
  options: Pick<OpenOptions, 'resizeMode' | 'cropAnchor' | 'resampler' | 'gray' | 'quantizePath'>,
): DeploymentContents['impulse']['input'] {
  if (input.inputType !== 'image') return input;
  const { resizeMode, cropAnchor, resampler, gray, quantizePath } = options;
  return {
    ...input,
    ...(resizeMode !== undefined && { resizeMode }),
    ...(cropAnchor !== undefined && { cropAnchor }),
    ...(resampler !== undefined && { resampler }),
    ...(gray !== undefined && { gray }),
    ...(quantizePath !== undefined && { quantizePath }),
  };
}

/** What the caller has said is no longer assumed. */
function unanswered(
  warnings: DeploymentContents['warnings'],
  { resizeMode, thresholds }: NormalizedOpenOptions,
): DeploymentContents['warnings'] {
  const answered = new Set([
    ...(resizeMode === undefined ? [] : ['RESIZE_MODE_ASSUMED']),
    ...('min_score' in thresholds ? ['THRESHOLD_ASSUMED'] : []),
  ]);
  return warnings.filter(({ code }) => !answered.has(code));
}
