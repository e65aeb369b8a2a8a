/**
 * `deployment-metadata.json`: the description that custom deployment blocks get. It may carry the project's
 * API key, a live secret: only the fields below are ever taken out of it.
 */
import { DeploymentError } from '../errors.js';
import { describe } from '../options.js';
import type { CropAnchor, ImageInputResizeMode, ProjectInfo } from './impulse.js';
import { CROP_ANCHORS, IMAGE_INPUT_RESIZE_MODES } from './impulse.js';

export const DEPLOYMENT_METADATA = 'deployment-metadata.json';

export interface DeploymentMetadata {
  readonly labels: readonly string[];
  readonly project: ProjectInfo;
  /** Undefined if the impulse does not begin with pictures. */
  readonly image?: ImageResizing;
  readonly learnBlocks: readonly { readonly id: number; readonly type: string; readonly name: string }[];
}

export interface ImageResizing {
  readonly resizeMode?: ImageInputResizeMode;
  readonly cropAnchor?: CropAnchor;
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID` */
export function readDeploymentMetadata(bytes: Uint8Array, name: string): DeploymentMetadata {
  const root = asObject(parse(bytes, name));
  if (root.version !== 1 || !Array.isArray(root.classes)) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `${name}: expected a description of version 1 with 'classes', but its version is ${describe(root.version)}.`,
    );
  }
  const impulse = asObject(root.impulse);
  const image = asArray(impulse.inputBlocks)
    .map(asObject)
    .find(({ type }) => type === 'image');
  return {
    labels: root.classes.map((label) => (typeof label === 'string' ? label : describe(label))),
    project: readProject(asObject(root.project), root.deployCounter),
    ...(image !== undefined && { image: readImage(image) }),
    learnBlocks: asArray(impulse.learnBlocks).map(asObject).flatMap(readLearnBlock),
  };
}

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message may quote the text, and with it the API key.
    throw new DeploymentError('ERR_METADATA_INVALID', `${name} is not JSON in UTF-8. Download it again.`);
  }
}

function readImage(block: Readonly<Record<string, unknown>>): ImageResizing {
  const resizeMode = IMAGE_INPUT_RESIZE_MODES.find((mode) => mode === block.resizeMode);
  const cropAnchor = CROP_ANCHORS.find((anchor) => anchor === block.cropAnchor);
  return { ...(resizeMode !== undefined && { resizeMode }), ...(cropAnchor !== undefined && { cropAnchor }) };
}

function readProject(project: Readonly<Record<string, unknown>>, deployCounter: unknown): ProjectInfo {
  const id = asNumber(project.id);
  const impulseId = asNumber(project.impulseId);
  const deployVersion = asNumber(deployCounter);
  return {
    ...(id !== undefined && { id }),
    ...(typeof project.owner === 'string' && { owner: project.owner }),
    ...(typeof project.name === 'string' && { name: project.name }),
    ...(impulseId !== undefined && { impulseId }),
    ...(deployVersion !== undefined && { deployVersion }),
  };
}

function readLearnBlock(
  block: Readonly<Record<string, unknown>>,
): { id: number; type: string; name: string }[] {
  const id = asNumber(block.id);
  if (id === undefined || typeof block.type !== 'string') return [];
  return [{ id, type: block.type, name: typeof block.name === 'string' ? block.name : block.type }];
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
