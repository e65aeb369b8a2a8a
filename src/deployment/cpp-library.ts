/** Edge Impulse C++ and Arduino libraries: headers read as text, nothing compiled or run. */
import { UnsupportedError } from '../errors.js';
import type { DeploymentContents, DeploymentWarning, ModelArtefact } from './contents.js';
import { checkModel } from './cpp/check-model.js';
import type { Candidate } from './cpp/choose-impulse.js';
import { chooseImpulse } from './cpp/choose-impulse.js';
import { readDspBlocks } from './cpp/dsp-blocks.js';
import { readInput } from './cpp/impulse-input.js';
import type { ImpulseSource } from './cpp/impulse-source.js';
import { factValue, impulsesIn } from './cpp/impulse-source.js';
import type { LearnBlockSource } from './cpp/learn-blocks.js';
import { readLearnBlocks } from './cpp/learn-blocks.js';
import { readModelBytes } from './cpp/model-bytes.js';
import { readParameterHeaders } from './cpp/parameter-headers.js';
import type { Postprocessing } from './cpp/postprocessing-blocks.js';
import { readPostprocessing } from './cpp/postprocessing-blocks.js';
import { readProject } from './cpp/project.js';
import type { DeploymentMetadata } from './deployment-metadata.js';
import { DEPLOYMENT_METADATA, readDeploymentMetadata } from './deployment-metadata.js';
import type { FileTree } from './file-tree.js';
import { folderOf } from './file-tree.js';
import { enumOf, numberDefine, numberOf } from './headers/query.js';
import type { DspBlock } from './impulse.js';
import { ENGINES, FLATBUFFER_ENGINES } from './sdk-constants.js';
import { WHAT_TO_DOWNLOAD } from './sniff.js';

type Warn = (warning: DeploymentWarning) => void;

/** Libraries in one download whose headers are all read to choose among them. */
const MAX_ROOTS = 32;

/**
 * Reads one impulse of a library and its models.
 *
 * @param roots folders that hold `model-parameters/`, from {@link libraryRoots}; at least one
 * @param wanted which impulse, where there are several
 * @throws {DeploymentError} headers or model are missing, damaged, or contradict each other
 * @throws {UnsupportedError} an engine, block or layer that this version does not run
 */
export async function readCppLibrary(
  tree: FileTree,
  roots: readonly string[],
  wanted: string | undefined,
): Promise<DeploymentContents> {
  const warnings: DeploymentWarning[] = [];
  const warn: Warn = (warning) => warnings.push(warning);
  const candidates: Candidate[] = [];
  for (const root of roots.slice(0, MAX_ROOTS)) {
    const headers = await readParameterHeaders(tree, root, warn);
    candidates.push(...impulsesIn(headers).map((source) => ({ root, source })));
  }
  const { root, source } = chooseImpulse(candidates, wanted, tree.source);
  refuseOtherEngines(source);
  const metadata = await metadataBeside(tree, root);
  const dspBlocks = readDspBlocks(source);
  const postprocessing = readPostprocessing(source);
  const input = readInput(source, dspBlocks, metadata?.image ?? {}, warn);
  const learnBlocks = named(readLearnBlocks(source, dspBlocks, postprocessing), metadata);
  warnOfFurtherSteps(source, postprocessing, warn);
  const artefacts = await readModels(tree, root, source, learnBlocks, dspBlocks, warn);
  const project = readProject(source);
  return {
    format: isArduino(tree, root) ? 'arduino-library' : 'cpp-library',
    impulse: {
      project,
      input,
      dspBlocks,
      learnBlocks: learnBlocks.map(({ block }) => block),
      ...(postprocessing.tracking !== undefined && { tracking: postprocessing.tracking }),
    },
    artefacts,
    warnings,
  };
}

function refuseOtherEngines(source: ImpulseSource): void {
  const value = factValue(source, 'inferencing_engine', 'EI_CLASSIFIER_INFERENCING_ENGINE');
  const number = numberOf(source.headers, value);
  const engine = enumOf(source.headers, value, ENGINES);
  if (number === undefined || engine === 'none' || (engine !== undefined && FLATBUFFER_ENGINES.has(engine)))
    return;
  const name = engine ?? `number ${number}, which this version does not know`;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `The library is built for the inferencing engine ${name}, which runs on its own hardware only. ${WHAT_TO_DOWNLOAD}`,
  );
}

async function readModels(
  tree: FileTree,
  root: string,
  source: ImpulseSource,
  learnBlocks: readonly LearnBlockSource[],
  dspBlocks: readonly DspBlock[],
  warn: Warn,
): Promise<Map<string, ModelArtefact>> {
  const artefacts = new Map<string, ModelArtefact>();
  const alone =
    new Set(learnBlocks.flatMap(({ block, graph }) => (graph ? [block.artefact] : []))).size === 1;
  for (const { block, graph } of learnBlocks) {
    if (graph === undefined) continue;
    const known = artefacts.get(block.artefact);
    const artefact = known ?? (await readModelBytes(tree, root, graph, alone, warn));
    checkModel(source, block, dspBlocks, artefact, warn);
    artefacts.set(block.artefact, artefact);
  }
  return artefacts;
}

async function metadataBeside(tree: FileTree, root: string): Promise<DeploymentMetadata | undefined> {
  const name = `${root}${DEPLOYMENT_METADATA}`;
  return tree.has(name) ? readDeploymentMetadata(await tree.read(name), name) : undefined;
}

/** Headers have no names for learn blocks; the JSON beside them does. */
function named(
  sources: readonly LearnBlockSource[],
  metadata: DeploymentMetadata | undefined,
): LearnBlockSource[] {
  const names = new Map(metadata?.learnBlocks.map(({ id, name }) => [id, name]));
  return sources.map((source) => {
    const name = names.get(source.block.id);
    return name === undefined ? source : { ...source, block: { ...source.block, name } };
  });
}

function warnOfFurtherSteps(
  source: ImpulseSource,
  { furtherSteps: steps, tracking }: Postprocessing,
  warn: Warn,
): void {
  const calibrated = numberDefine(source.headers, 'EI_CLASSIFIER_CALIBRATION_ENABLED') === 1;
  const tracked = numberDefine(source.headers, 'EI_CLASSIFIER_OBJECT_TRACKING_ENABLED') === 1;
  const all = new Set([
    ...steps,
    ...(calibrated && !steps.includes('perfcal') ? ['performance_calibration'] : []),
    ...(tracked && tracking === undefined ? ['object_tracking'] : []),
  ]);
  for (const step of all) {
    warn({
      code: 'POSTPROCESSING_NOT_APPLIED',
      message: `The impulse ends in '${step.replaceAll('_', ' ')}', which this version does not apply: results are those before it.`,
    });
  }
}

/** `<name>_inferencing/src/model-parameters/`, with `library.properties` beside `src/`. */
function isArduino(tree: FileTree, root: string): boolean {
  const folder = root.replace(/\/$/, '');
  return (folder === 'src' || folder.endsWith('/src')) && tree.has(`${folderOf(folder)}library.properties`);
}
