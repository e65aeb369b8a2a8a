/** Headers of a library, read in order as a compiler would: later ones see what earlier ones define. */
import { DeploymentError } from '../../errors.js';
import type { Declarations } from './declarations.js';
import { readDeclarations } from './declarations.js';
import type { HeaderFile } from './header-error.js';
import type { Macros } from './macros.js';
import { WorkLimit } from './macros.js';
import { Preprocessor } from './preprocessor.js';

/** What headers define and declare. `work` bounds what is still evaluated later. */
export interface Headers extends Declarations {
  readonly macros: Macros;
  readonly work: WorkLimit;
}

/** Characters of one header, its byte arrays not counted. Real ones have up to about 20,000. */
const MAX_HEADER_LENGTH = 8 * 1024 ** 2;

/**
 * @param macros known beforehand; the headers' own definitions are added
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 */
export function readHeaders(files: readonly HeaderFile[], macros: Macros): Headers {
  const headers: Headers = {
    macros,
    work: new WorkLimit(),
    structs: new Map(),
    variables: new Map(),
    inclusions: [],
  };
  for (const file of files) {
    if (file.text.length > MAX_HEADER_LENGTH) {
      throw new DeploymentError(
        'ERR_METADATA_INVALID',
        `${file.name} holds ${file.text.length} characters; no header of a deployment has more than ${MAX_HEADER_LENGTH}.`,
      );
    }
    readDeclarations(new Preprocessor(file, macros, headers.work), macros, headers.work, headers);
  }
  return headers;
}
