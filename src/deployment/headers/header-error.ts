/** Errors about header text, with the file and line they are about. */
import { DeploymentError } from '../../errors.js';

/** A header as text, with the name that messages give it. */
export interface HeaderFile {
  readonly name: string;
  readonly text: string;
}

/** @param at offset into the text */
export function headerError({ name, text }: HeaderFile, at: number, problem: string): DeploymentError {
  return new DeploymentError('ERR_METADATA_INVALID', `${name}, line ${lineOf(text, at)}: ${problem}.`);
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
