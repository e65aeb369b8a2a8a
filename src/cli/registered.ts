/** `registry:NAME` in place of a deployment's path, for every command that takes one. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { atExit } from '../runtime/engines/eim/at-exit.js';

const PREFIX = 'registry:';
/** What commands call their deployments. */
const ARGUMENTS = ['deployment', 'deployments'];
const EXTENSIONS: Readonly<Record<string, string>> = { tflite: '.tflite', onnx: '.onnx', ort: '.ort' };

/**
 * Puts a path in the place of each registered model that a command is given. They are strangers': unless the command line says
 * otherwise, each runs in a process of its own.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`, `ERR_REGISTRY_STORE`
 */
export async function takeRegistered(command: Command): Promise<void> {
  const places = command.registeredArguments.flatMap((argument, index) =>
    ARGUMENTS.includes(argument.name()) ? [index] : [],
  );
  for (const index of places) {
    const given: unknown = command.processedArgs[index];
    const paths = [given].flat().map(String);
    if (given === undefined || !paths.some((path) => path.startsWith(PREFIX))) continue;
    const data: unknown = command.getOptionValue('data');
    const taken = await pathsOf(paths, typeof data === 'string' ? data : undefined);
    command.processedArgs[index] = Array.isArray(given) ? taken : taken[0];
    isolate(command);
  }
}

function isolate(command: Command): void {
  const canBe = command.options.some((option) => option.attributeName() === 'isolation');
  if (canBe && command.getOptionValueSource('isolation') !== 'cli') {
    command.setOptionValueWithSource('isolation', 'process', 'implied');
  }
}

async function pathsOf(paths: readonly string[], data: string | undefined): Promise<string[]> {
  const [{ openStore }, { findModel, noModel }, { artefactPath }] = await Promise.all([
    import('../registry/store.js'),
    import('../registry/models.js'),
    import('../registry/artefacts.js'),
  ]);
  const store = await openStore(data);
  try {
    return paths.map((path) => {
      if (!path.startsWith(PREFIX)) return path;
      const wanted = path.slice(PREFIX.length);
      const model = findModel(store, wanted);
      if (model === undefined) throw noModel(wanted);
      return lend(artefactPath(store.folder, model.sha256), model);
    });
  } finally {
    store.close();
  }
}

/** Under the name that people know, with its description beside it, as long as the command runs. */
function lend(
  artefact: string,
  {
    name,
    format,
    properties,
  }: { name: string; format: string; properties: Readonly<Record<string, unknown>> },
): string {
  const folder = mkdtempSync(join(tmpdir(), 'impulse-registry-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const stem = name.replace(/[^\w.-]+/g, '_').slice(0, 80);
  const extension = EXTENSIONS[format] ?? '.zip';
  const path = join(folder, stem.endsWith(extension) ? stem : `${stem}${extension}`);
  symlinkSync(artefact, path);
  if (properties.modelInfo !== undefined) {
    writeFileSync(join(folder, 'model-info.json'), JSON.stringify(properties.modelInfo));
  }
  return path;
}
