import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import {
  ClosedError,
  DeploymentError,
  EngineError,
  InputError,
  RegistryError,
  TimeoutError,
  UnsupportedError,
} from '../../src/errors.js';

describe('exitCodeOf', () => {
  it.each([
    [1, new DeploymentError('ERR_ARCHIVE_INVALID', '')],
    [1, new InputError('ERR_INPUT_IMAGE', '')],
    [2, new InputError('ERR_OPTION_INVALID', '')],
    [2, new InputError('ERR_OPTION_UNKNOWN', '')],
    [2, new InputError('ERR_THRESHOLD_UNKNOWN', '')],
    [2, new InputError('ERR_THRESHOLD_INVALID', '')],
    [2, new CommanderError(1, 'commander.unknownOption', '')],
    [0, new CommanderError(0, 'commander.helpDisplayed', '')],
    [1, new RegistryError('ERR_REGISTRY_NOT_FOUND', '')],
    [1, new RegistryError('ERR_REGISTRY_CONFLICT', '')],
    [1, new RegistryError('ERR_TRANSCODING_UNSUPPORTED', '')],
    [2, new RegistryError('ERR_REGISTRY_QUERY', '')],
    [2, new RegistryError('ERR_REGISTRY_DESCRIPTION', '')],
    [3, new RegistryError('ERR_REGISTRY_STORE', '')],
    [3, new RegistryError('ERR_REGISTRY_LOCKED', '')],
    [3, new EngineError('ERR_ENGINE_RUN', '')],
    [3, new UnsupportedError('ERR_UNSUPPORTED_ENGINE', '')],
    [3, new TimeoutError('ERR_TIMEOUT', '')],
    [3, new ClosedError('ERR_CLOSED', '')],
    [3, new Error('disk full')],
  ])('is %i for %s', (code, error) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
