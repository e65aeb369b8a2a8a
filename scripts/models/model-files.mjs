/** A model file on each engine that takes it, against the outputs of its reference runs. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ENGINES } from '../../dist/runtime/engines/index.js';
import { compareOutputs, NO_DIFFERENCE, verdict, worseOf } from './compare.mjs';
import { formulaInput, imageInput } from './inputs.mjs';

/** One row an engine. */
export async function* tryModel(file, entry, onlyEngine) {
  const model = join(basename(dirname(file)), basename(file));
  if (!existsSync(file)) {
    yield {
      model,
      opened: 'no',
      answered: '-',
      engine: '-',
      difference: '-',
      why: 'only in the real download, not stored here',
    };
    return;
  }
  const artefact = { format: entry.format, name: basename(file), bytes: readFileSync(file) };
  for (const engine of ENGINES) {
    if (onlyEngine !== undefined && engine.name !== onlyEngine) continue;
    if (engine.refusal(artefact) !== undefined) continue;
    for (const xnnpack of engine.name === 'tflite' ? [true, false] : [true]) {
      const result = await tryEngine(engine, artefact, entry, dirname(file), xnnpack);
      yield { model, engine: engine.name, ...result };
    }
  }
}

/** The engine `tflite` twice: XNNPACK rounds 8-bit sums differently from the reference, TFLite's own kernels do not. */
async function tryEngine(engine, artefact, entry, folder, xnnpack) {
  let session;
  try {
    session = await engine.open(artefact, { threads: 1, xnnpack });
  } catch (error) {
    return { opened: 'no', answered: '-', difference: '-', why: `${error.code}: ${error.message}` };
  }
  try {
    return { opened: 'yes', ...(await compareRuns(session, entry, folder)) };
  } catch (error) {
    return { opened: 'yes', answered: 'no', difference: '-', why: error.message };
  } finally {
    await session.close();
  }
}

/** Every run of the reference, and the largest difference over them. */
export async function compareRuns(session, { runs, op_counts: operators, inputs }, folder) {
  let worst = NO_DIFFERENCE;
  for (const run of runs) {
    const tensors = await Promise.all(
      session.inputs.map((tensor) =>
        run.input === 'formula' ? formulaInput(tensor) : imageInput(join(folder, run.input), run, tensor),
      ),
    );
    const { outputs } = await session.run(tensors);
    worst = worseOf(worst, compareOutputs(run.outputs, outputs));
  }
  const { delegate, threads } = session.details;
  const answer = verdict(worst, isQuantised(operators, inputs));
  return {
    answered: { equal: 'yes', close: 'close', differs: 'no' }[answer],
    difference: `${worst.steps} steps, ${worst.relative.toExponential(1)} rel`,
    why: `${runs.length} runs, ${delegate}, ${threads} thread${threads === 1 ? '' : 's'}`,
  };
}

/** Integer arithmetic inside: then float outputs too differ by a quantisation step or two. */
function isQuantised(operators, inputs) {
  const names = Object.keys(operators ?? {});
  return (
    inputs.some(({ dtype }) => dtype !== 'float32') ||
    names.some((name) => /QUANTIZE|QLinear|Integer/.test(name)) ||
    names.some((name) => /^TFLite_Detection/.test(name))
  );
}
