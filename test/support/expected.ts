import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly scale?: number;
  readonly zero_point?: number;
}

/** What a reference interpreter says about one real model. */
export interface ExpectedModel {
  /** Relative to the folder of models. */
  readonly path: string;
  readonly inputs: readonly ExpectedTensor[];
  readonly outputs: readonly ExpectedTensor[];
  readonly op_counts: Readonly<Record<string, number>>;
  /** ONNX only. */
  readonly producer?: string;
  readonly opset?: readonly (readonly [string, number])[];
  readonly metadata?: Readonly<Record<string, string>>;
}

interface Entry extends ExpectedModel {
  readonly file: string;
  readonly format: string;
  readonly embedded_symbol?: string;
}

/** The references of all models of a format whose file is there. */
export function expectedModels(sharedDir: string, format: 'tflite' | 'onnx'): readonly ExpectedModel[] {
  const root = join(sharedDir, 'models');
  return readdirSync(root).flatMap((folder) => {
    const file = join(root, folder, 'expected.json');
    if (!existsSync(file)) return [];
    const { models } = JSON.parse(readFileSync(file, 'utf8')) as { models: Entry[] };
    return models
      .filter((model) => model.format === format)
      .map((model) => ({ ...model, path: join(folder, fileName(model)) }))
      .filter(({ path }) => existsSync(join(root, path)));
  });
}

/** Models that stood in a C array lie beside it, by the array's name. */
function fileName({ file, embedded_symbol, format }: Entry): string {
  return embedded_symbol === undefined ? file : `${embedded_symbol}.${format}`;
}
