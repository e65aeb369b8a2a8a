/** Exit codes of the command; `docs/cli.md` explains them. */
import { CommanderError } from 'commander';
import { isImpulseError } from '../errors.js';

export const EXIT = {
  ok: 0,
  /** The deployment or a picture is at fault. */
  input: 1,
  /** The command line is at fault. */
  usage: 2,
  /** The engine, or what this machine lacks. */
  environment: 3,
  /** 128 + SIGINT */
  interrupted: 130,
  /** 128 + SIGTERM */
  terminated: 143,
} as const;

/** What a command reports when it ends without an error. */
export type SetExitCode = (code: number) => void;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!isImpulseError(error)) return EXIT.environment;
  if (/^ERR_(OPTION_|THRESHOLD_|REGISTRY_(QUERY|DESCRIPTION)$)/.test(error.code)) return EXIT.usage;
  if (/^ERR_(REGISTRY_NOT_FOUND|REGISTRY_CONFLICT|TRANSCODING_UNSUPPORTED)$/.test(error.code))
    return EXIT.input;
  return error.name === 'DeploymentError' || error.name === 'InputError' ? EXIT.input : EXIT.environment;
}
