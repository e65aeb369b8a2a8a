/** What a client is told of a model: what it takes and gives, which engine runs it, and nothing of this machine's files. */

import { thresholdValues } from '../postprocess/thresholds.js';
import type { DeploymentInfo, LearnBlockInfo } from '../runtime/info.js';
import { withoutPaths } from './failure.js';
import type { UsableModel } from './impulses.js';

export function modelSummary({ id, name, origin }: UsableModel, info: DeploymentInfo) {
  const { format, project, input, dspBlocks, learnBlocks, runner, warnings } = info;
  return {
    id,
    name,
    origin,
    format,
    project,
    input,
    dspBlocks: dspBlocks.map(({ id: blockId, type }) => ({ id: blockId, type })),
    learnBlocks: learnBlocks.map(blockSummary),
    ...(runner !== undefined && { engine: runner.engine }),
    warnings: warnings.map(({ code, message }) => ({ code, message: withoutPaths(message) })),
  };
}

function blockSummary({ block, model }: LearnBlockInfo) {
  const { id, name, modelType } = block;
  const thresholds = thresholdValues(block);
  return {
    id,
    name,
    modelType,
    ...('labels' in block && { labels: block.labels }),
    ...('lastLayer' in block && { lastLayer: block.lastLayer }),
    ...(Object.keys(thresholds).length > 0 && { thresholds }),
    ...(model !== undefined && {
      format: model.format,
      bytes: model.bytes,
      inputs: model.inputs,
      outputs: model.outputs,
      engine: model.engine.engine,
      threads: model.engine.threads,
    }),
  };
}
