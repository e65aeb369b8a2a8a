/** JSON as people write it into commands: a last comma, a comment and the like are no reason to refuse it. */
import JSON5 from 'json5';
import { RegistryError } from '../errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Twice what may be kept of it. */
const MOST_CHARACTERS = 128 * 1024;

/**
 * @param where what people call it
 * @throws {RegistryError} `ERR_REGISTRY_DESCRIPTION`: empty, too long, or no object in JSON
 */
export function parseObject(text: string, where: string): JsonObject {
  if (text.trim() === '') {
    throw new RegistryError('ERR_REGISTRY_DESCRIPTION', `${where} is empty: expected an object in JSON.`);
  }
  if (text.length > MOST_CHARACTERS) {
    throw new RegistryError(
      'ERR_REGISTRY_DESCRIPTION',
      `${where} has ${text.length} characters, and ${MOST_CHARACTERS} are allowed.`,
    );
  }
  return asObject(parse(text, where), where);
}

/** @throws {RegistryError} `ERR_REGISTRY_DESCRIPTION` */
export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new RegistryError('ERR_REGISTRY_DESCRIPTION', `${where} is no object in JSON.`);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON5.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^JSON5: /, '') : String(cause);
    throw new RegistryError('ERR_REGISTRY_DESCRIPTION', `${where} is not JSON: ${reason}.`, { cause });
  }
}
