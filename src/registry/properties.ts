/** What a client says about a model: its name, and whatever else it wants to be kept. */
import { parseModelInfo } from '../deployment/plain/model-info.js';
import { RegistryError } from '../errors.js';
import { describe } from '../options.js';
import type { JsonObject } from './lenient-json.js';

export interface ModelProperties {
  readonly name: string;
  readonly deprecated: boolean;
  /** Everything but what the registry itself says of a model; `modelInfo` is checked. */
  readonly others: JsonObject;
}

/** Said by the registry: what a client sends under these names is passed over. */
const OURS = new Set([
  'id',
  'name',
  'modelartifacturi',
  'artifact',
  'created',
  'updated',
  'deprecated',
  'deleted',
]);
/** Objects that are made of such keys are not what they look like. */
const REFUSED_KEYS = ['__proto__', 'constructor', 'prototype'];
const LONGEST_NAME = 200;
const DEEPEST = 32;
const MOST_BYTES = 64 * 1024;

/**
 * @throws {RegistryError} `ERR_REGISTRY_DESCRIPTION`: the name is missing or unusable, or it is too much
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, {UnsupportedError}: `modelInfo` is no description of a model
 */
export function checkProperties(stated: JsonObject): ModelProperties {
  refuseKeys(stated, 0);
  const { name, deprecated = false } = stated;
  if (typeof deprecated !== 'boolean') throw invalid('deprecated', 'true or false', deprecated);
  const others = Object.fromEntries(Object.entries(stated).filter(([key]) => !OURS.has(key.toLowerCase())));
  const bytes = Buffer.byteLength(JSON.stringify(others));
  if (bytes > MOST_BYTES) {
    throw new RegistryError(
      'ERR_REGISTRY_DESCRIPTION',
      `The properties of a model have ${bytes} bytes as JSON, and ${MOST_BYTES} are allowed.`,
    );
  }
  if (others.modelInfo !== undefined) parseModelInfo(others.modelInfo, 'modelInfo', () => {});
  return { name: checkName(name), deprecated, others };
}

function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalid('name', `1 to ${LONGEST_NAME} characters`, name);
  const length = [...name].length;
  const isUsable = length <= LONGEST_NAME && name.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(name);
  if (isUsable) return name;
  throw invalid('name', `1 to ${LONGEST_NAME} characters without control characters`, name);
}

function refuseKeys(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEEPEST) {
    throw new RegistryError(
      'ERR_REGISTRY_DESCRIPTION',
      `The properties of a model lie more than ${DEEPEST} deep in one another.`,
    );
  }
  for (const [key, inner] of Object.entries(value)) {
    if (REFUSED_KEYS.includes(key)) {
      throw new RegistryError('ERR_REGISTRY_DESCRIPTION', `A property may not be called '${key}'.`);
    }
    refuseKeys(inner, depth + 1);
  }
}

function invalid(property: string, expected: string, found: unknown): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_DESCRIPTION',
    `${property}: expected ${expected} but received ${describe(found)}.`,
  );
}
