/**
 * Every failure a user can meet: a class to catch, a stable code to branch on, and a message that says
 * what was wrong, where, and what to do. `docs/errors.md` explains each code; a test keeps it complete.
 */

/** All codes, by the class that carries them. A code is never renamed and never used for something else. */
export const ERROR_CODES = {
  DeploymentError: [
    'ERR_DEPLOYMENT_NOT_FOUND',
    'ERR_DEPLOYMENT_UNRECOGNISED',
    'ERR_DEPLOYMENT_TRUNCATED',
    'ERR_DEPLOYMENT_AMBIGUOUS',
    'ERR_DEPLOYMENT_INCONSISTENT',
    'ERR_ARCHIVE_INVALID',
    'ERR_ARCHIVE_UNSAFE',
    'ERR_ARCHIVE_LIMIT',
    'ERR_METADATA_MISSING',
    'ERR_METADATA_INVALID',
    'ERR_MODEL_MISSING',
    'ERR_MODEL_INVALID',
  ],
  UnsupportedError: [
    'ERR_UNSUPPORTED_FORMAT',
    'ERR_UNSUPPORTED_ENGINE',
    'ERR_UNSUPPORTED_OPERATOR',
    'ERR_UNSUPPORTED_LAST_LAYER',
    'ERR_UNSUPPORTED_BLOCK',
    'ERR_UNSUPPORTED_DATA_TYPE',
  ],
  InputError: [
    'ERR_INPUT_NOT_FOUND',
    'ERR_INPUT_TYPE',
    'ERR_INPUT_IMAGE',
    'ERR_INPUT_LENGTH',
    'ERR_INPUT_NOT_FINITE',
    'ERR_INPUT_LIMIT',
    'ERR_OPTION_UNKNOWN',
    'ERR_OPTION_INVALID',
    'ERR_THRESHOLD_UNKNOWN',
    'ERR_THRESHOLD_INVALID',
  ],
  EngineError: [
    'ERR_ENGINE_UNAVAILABLE',
    'ERR_ENGINE_LIBRARY',
    'ERR_ENGINE_LOAD',
    'ERR_ENGINE_RUN',
    'ERR_ENGINE_OUTPUT',
    'ERR_ENGINE_BUILD',
    'ERR_TUNING_STORE',
  ],
  TimeoutError: ['ERR_TIMEOUT'],
  ClosedError: ['ERR_CLOSED'],
  RegistryError: [
    'ERR_REGISTRY_STORE',
    'ERR_REGISTRY_LOCKED',
    'ERR_REGISTRY_NOT_FOUND',
    'ERR_REGISTRY_CONFLICT',
    'ERR_REGISTRY_QUERY',
    'ERR_REGISTRY_DESCRIPTION',
    'ERR_TRANSCODING_UNSUPPORTED',
    'ERR_BUILD_UNSUPPORTED',
  ],
  RequestError: [
    'ERR_REQUEST_INVALID',
    'ERR_REQUEST_UNAUTHORIZED',
    'ERR_REQUEST_FORBIDDEN',
    'ERR_REQUEST_NOT_FOUND',
    'ERR_REQUEST_TIMEOUT',
    'ERR_REQUEST_TOO_LARGE',
    'ERR_REQUEST_MEDIA_TYPE',
    'ERR_REQUEST_UNSUPPORTED',
    'ERR_SERVER_BUSY',
    'ERR_SERVER_UNAVAILABLE',
    'ERR_SERVER_ADDRESS',
    'ERR_INTERNAL',
  ],
  DownloadError: ['ERR_DOWNLOAD_REFUSED', 'ERR_DOWNLOAD_FAILED'],
} as const;

export type ErrorClassName = keyof typeof ERROR_CODES;
export type ErrorCode = (typeof ERROR_CODES)[ErrorClassName][number];

/** Characters of a message. What it quotes may be a stranger's, of any length; advice stands at its end. */
const LONGEST_MESSAGE = 4_000;
const KEPT_AT_END = 500;

const BRAND = Symbol.for('impulse-runtime.error');

/** Base of all errors that this package throws on purpose. */
export class ImpulseError<Code extends ErrorCode = ErrorCode> extends Error {
  /** Stable identifier, listed in `docs/errors.md`. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(shortened(message), options);
    this.code = code;
  }

  static {
    Object.defineProperty(ImpulseError.prototype, BRAND, { value: true });
    named(ImpulseError, 'ImpulseError');
  }
}

/** The download itself: unreadable, truncated, unsafe, inconsistent, or without the metadata it needs. */
export class DeploymentError extends ImpulseError<(typeof ERROR_CODES.DeploymentError)[number]> {
  static {
    named(DeploymentError, 'DeploymentError');
  }
}

/** A known format, engine, operator, block or last layer that this machine or version can't run. */
export class UnsupportedError extends ImpulseError<(typeof ERROR_CODES.UnsupportedError)[number]> {
  static {
    named(UnsupportedError, 'UnsupportedError');
  }
}

/** What the caller gave: a bad image, a wrong number of features, an option that does not exist. */
export class InputError extends ImpulseError<(typeof ERROR_CODES.InputError)[number]> {
  static {
    named(InputError, 'InputError');
  }
}

/** The engine: its library, a model that it fails to load, a run that fails. */
export class EngineError extends ImpulseError<(typeof ERROR_CODES.EngineError)[number]> {
  static {
    named(EngineError, 'EngineError');
  }
}

/** Something took longer than its limit. */
export class TimeoutError extends ImpulseError<(typeof ERROR_CODES.TimeoutError)[number]> {
  static {
    named(TimeoutError, 'TimeoutError');
  }
}

/** Use of a deployment or session after `close()`. */
export class ClosedError extends ImpulseError<(typeof ERROR_CODES.ClosedError)[number]> {
  static {
    named(ClosedError, 'ClosedError');
  }
}

/** The device's own store: its folder, its database, and what is asked of the models, jobs and builds in it. */
export class RegistryError extends ImpulseError<(typeof ERROR_CODES.RegistryError)[number]> {
  static {
    named(RegistryError, 'RegistryError');
  }
}

/** A request that the local server refuses, before any model has seen it. */
export class RequestError extends ImpulseError<(typeof ERROR_CODES.RequestError)[number]> {
  static {
    named(RequestError, 'RequestError');
  }
}

/** `impulse download`, the one command that goes to the network. */
export class DownloadError extends ImpulseError<(typeof ERROR_CODES.DownloadError)[number]> {
  static {
    named(DownloadError, 'DownloadError');
  }
}

const CLASSES = {
  DeploymentError,
  UnsupportedError,
  InputError,
  EngineError,
  TimeoutError,
  ClosedError,
  RegistryError,
  RequestError,
  DownloadError,
};

/** True for errors of this package, also those of another copy of it. */
export function isImpulseError(value: unknown): value is ImpulseError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** An error as plain data, to cross a thread or process border: structured cloning drops class and code. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly stack?: string;
}

export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  return {
    name,
    message,
    ...(isImpulseError(error) && { code: error.code }),
    ...(stack !== undefined && { stack }),
  };
}

/** Rebuilds what {@link serializeError} took apart; an unknown class becomes a plain `Error`. */
export function deserializeError(data: SerializedError): Error {
  const error = new Error(data.message);
  if (data.code !== undefined && data.name in CLASSES) {
    const Class = CLASSES[data.name as ErrorClassName] as new (
      code: ErrorCode,
      message: string,
    ) => ImpulseError;
    return new Class(data.code, data.message);
  }
  error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function shortened(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const gap = ' [...] ';
  return message.slice(0, LONGEST_MESSAGE - KEPT_AT_END - gap.length) + gap + message.slice(-KEPT_AT_END);
}

/** `name` lives on the prototype and is not enumerable, so that errors print and compare cleanly. */
function named(Class: { prototype: object }, name: string): void {
  Object.defineProperty(Class.prototype, 'name', { value: name, configurable: true, writable: true });
}
