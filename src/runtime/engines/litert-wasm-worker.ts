/** Worker of a `litert-wasm` session: LiteRT blocks the thread that runs it, so it has this one for itself. */
import type { TfliteModel } from '../../deployment/tflite/model.js';
import { listOperators, readTfliteModel } from '../../deployment/tflite/read.js';
import { isStateful } from '../../deployment/tflite/stateful.js';
import { UnsupportedError } from '../../errors.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { loadError, runError } from './litert-errors.js';
import type { LitertGraph } from './litert-graph.js';
import { openGraph } from './litert-graph.js';
import { isShapeUnknown, withShapes } from './litert-model.js';
import { startLitert } from './litert-runtime.js';
import type { HostedModel } from './worker-host.js';
import { hostModel } from './worker-host.js';

/** What a `litert-wasm` worker is started with. */
export interface LitertInit {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Name of the model, for messages. */
  readonly name: string;
  /** Path of the package's script for the build that `module` was compiled from. */
  readonly script: string;
  readonly module: WebAssembly.Module;
  readonly library: string;
  readonly version: string;
  readonly threads: number;
}

/** Room for an output whose size is not known yet, in elements. */
const ROOM = 2 ** 22;

/** Operators whose output is as large as the input's values make it. */
const DATA_DEPENDENT: ReadonlySet<string> = new Set([
  'WHERE',
  'UNIQUE',
  'NON_MAX_SUPPRESSION_V4',
  'NON_MAX_SUPPRESSION_V5',
  'IF',
  'WHILE',
]);

hostModel(loadLitert);

async function loadLitert(init: LitertInit): Promise<HostedModel> {
  const model = readTfliteModel(init.model, init.name);
  refuseUnfit(model, init);
  const outputs = await settleOutputs(model, init);
  const graph = await startGraph(init, model.inputs, outputs);
  // LiteRT lays out memory and looks for its operators in the first run only, so that is part of loading. A
  // model that remembers must not remember it.
  const stateful = isStateful(model);
  const rehearsal = stateful ? await startGraph(init, model.inputs, outputs) : graph;
  await rehearsal.run(loadError);
  return {
    inputs: model.inputs,
    outputs,
    details: {
      engine: 'litert-wasm',
      version: init.version,
      library: init.library,
      threads: 1,
      delegate: 'xnnpack (wasm)',
      ...(stateful && { stateful }),
      notes:
        init.threads > 1
          ? [`One thread instead of ${init.threads}: the WebAssembly build runs on a single one.`]
          : [],
    },
    input: graph.input,
    run: async (buffers) => checkSizes(await graph.run(runError, buffers), outputs),
    // The memory is the thread's own and ends with it.
    close: async () => {},
  };
}

async function startGraph(
  { model, name, script, module }: LitertInit,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): Promise<LitertGraph> {
  const bytes = withShapes(
    model,
    inputs.map(({ shape }) => shape),
    outputs.map(({ shape }) => shape),
  );
  if (bytes === undefined) throw unfit(name, 'one of its inputs or outputs has no shape');
  return openGraph(await startLitert(script, module), bytes, name, { inputs, outputs });
}

/** The room that LiteRT gave an output in its first run was what the file says; has it written more? */
function checkSizes(results: Tensor[], outputs: readonly TensorInfo[]): Tensor[] {
  for (const [index, { name, shape, data }] of results.entries()) {
    const expected = outputs[index]?.shape ?? [];
    if (data.length > elementCount(expected)) {
      throw new Error(
        `the output '${name}' is [${shape.join(', ')}], and its file says [${expected.join(', ')}]`,
      );
    }
  }
  return results;
}

/**
 * The outputs with their true shapes. Where the file does not say them, a trial in a LiteRT of its own does:
 * with more than enough room in the first run, the second tells what the graph came to.
 */
async function settleOutputs(model: TfliteModel, init: LitertInit): Promise<readonly TensorInfo[]> {
  const { inputs, outputs } = model;
  if (!outputs.some(({ shape }) => isShapeUnknown(shape))) return outputs;
  const varying = listOperators(model).find(({ name }) => DATA_DEPENDENT.has(name));
  if (varying !== undefined) {
    throw unfit(
      init.name,
      `the size of its output depends on its input, through the operator ${varying.name}`,
    );
  }
  const roomy = outputs.map((info) => (isShapeUnknown(info.shape) ? { ...info, shape: [ROOM] } : info));
  const trial = await startGraph(init, inputs, roomy);
  await trial.run(loadError);
  const found = await trial.run(loadError);
  return outputs.map((info, index) => {
    const shape = found[index]?.shape ?? [];
    if (elementCount(shape) > ROOM) {
      throw unfit(init.name, `its output '${info.name}' [${shape.join(', ')}] is too large`);
    }
    return { ...info, shape };
  });
}

/** What LiteRT would not refuse but get wrong. */
function refuseUnfit({ inputs, subgraphs }: TfliteModel, { name }: LitertInit): void {
  const unsized = inputs.find(({ shape }) => shape.includes(-1));
  if (unsized !== undefined) {
    throw unfit(name, `its input '${unsized.name}' [${unsized.shape.join(', ')}] has no fixed size`);
  }
  const ends = subgraphs.slice(0, 1).flatMap((graph) => [...graph.inputs, ...graph.outputs]);
  if (new Set(ends).size < ends.length) {
    throw unfit(name, 'one of its outputs is at the same time an input or another output');
  }
}

function unfit(model: string, why: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `${model} can't run on the engine 'litert-wasm': ${why}. The engine 'tflite' can run such models.`,
  );
}
