import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { rebuildEonModel } from '../../../src/deployment/eon.js';
import type { TfliteModel } from '../../../src/deployment/tflite/model.js';
import { isKnownOperator } from '../../../src/deployment/tflite/options.js';
import { eonCode, GRAMMARS } from '../../fixtures/eon-writer.js';
import { expectedModels } from '../../support/expected.js';
import { describeUnless } from '../../support/not-tested.js';
import { describeWithShared } from '../../support/shared.js';
import { answers, answersAvailable, essence, read } from './equal-models.js';

/** A folder of downloads that hold `<stem>_compiled.cpp` and, beside `tflite-model/`, the `trained.tflite` it was made from. */
const SAMPLES = process.env.IMPULSE_EON_SAMPLES;

const ANSWERS = await answersAvailable();

/** What EON has: one graph of known operators, int8 or float. */
function hasEon({ subgraphs, operatorCodes }: TfliteModel): boolean {
  const types = ['float32', 'int8', 'int32', 'uint8', 'int64', 'float16', 'int16', 'bool'];
  return (
    subgraphs.length === 1 &&
    operatorCodes.every(({ name }) => isKnownOperator(name) || name === 'CUSTOM') &&
    (subgraphs[0]?.tensors ?? []).every(({ dataType }) => types.includes(dataType))
  );
}

/** Options that the code leaves out, and what tensors are while they are computed. */
function withoutWhatIsLost(model: TfliteModel): unknown {
  const kept = essence(model) as { operators: { version: number; options: Record<string, unknown> }[] };
  return {
    ...kept,
    operators: kept.operators.map(({ version: _, options, ...operator }) => ({
      ...operator,
      options: { ...options, newShape: undefined, depthMultiplier: undefined },
    })),
  };
}

describeWithShared('Real models, written as EON code and rebuilt', (sharedDir) => {
  const models = expectedModels(sharedDir, 'tflite').filter(({ path }) => {
    const file = join(sharedDir, 'models', path);
    return statSync(file).size < 1_000_000 && hasEon(read(Uint8Array.from(readFileSync(file))));
  });

  it('are several', () => expect(models.length).toBeGreaterThan(5));

  it.each(models.map(({ path }) => path))('are the same graph: %s', (path) => {
    const model = read(Uint8Array.from(readFileSync(join(sharedDir, 'models', path))));
    for (const grammar of GRAMMARS) {
      const rebuilt = rebuildEonModel(Buffer.from(eonCode(model, { grammar })), 'model_compiled.cpp');
      expect(withoutWhatIsLost(read(rebuilt))).toEqual(withoutWhatIsLost(model));
    }
  });
});

describeUnless(
  SAMPLES === undefined ? 'IMPULSE_EON_SAMPLES does not name a folder of them' : undefined,
  'Downloads with both forms of one model',
  () => {
    const pairs =
      SAMPLES === undefined ? [] : readdirSync(SAMPLES).flatMap((name) => pairIn(join(SAMPLES, name)));

    it('are there', () => expect(pairs).not.toHaveLength(0));

    it.each(pairs)('$name: the same constants, operators and answers', async ({ code, model }) => {
      const original = Uint8Array.from(readFileSync(model));
      const rebuilt = rebuildEonModel(readFileSync(code), basename(code));
      expect(essence(read(rebuilt))).toEqual(essence(read(original)));
      if (ANSWERS.available) expect(await answers(rebuilt, 32)).toEqual(await answers(original, 32));
    });
  },
);

function pairIn(folder: string): { name: string; code: string; model: string }[] {
  const [model, code] = [join(folder, 'trained.tflite'), join(folder, 'tflite-model')];
  if (!existsSync(model) || !existsSync(code)) return [];
  return readdirSync(code)
    .filter((name) => name.endsWith('_compiled.cpp'))
    .map((name) => ({ name: basename(folder), code: join(code, name), model }));
}
