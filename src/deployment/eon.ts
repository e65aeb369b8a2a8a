/**
 * EON-compiled C++, read as data: the code holds the whole graph of a model in plain tables, from which the
 * TFLite model is written anew. Nothing is compiled or run.
 */
import { readEonSource } from './eon/declarations.js';
import { readEonGraph } from './eon/graph.js';
import { takeNumberLists } from './eon/number-lists.js';
import { refusePlaceholder } from './sniff.js';
import { writeTfliteModel } from './tflite/write.js';

/**
 * Rebuilds the model in `<stem>_compiled.cpp` as a TFLite flatbuffer: the same constants, byte by byte, the
 * same operators with the same options. Names of tensors are not in the code; they are called by their number.
 *
 * The bytes are well formed, but as trustworthy as the code: they are to be verified like those of any file.
 *
 * @param code the file as it is stored
 * @param name for messages
 * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED`, `ERR_METADATA_INVALID`, `ERR_MODEL_INVALID`,
 *   `ERR_DEPLOYMENT_UNRECOGNISED`: it is a Git LFS pointer or a web page
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: of another form, such as that of the RAM-optimised engine;
 *   `ERR_UNSUPPORTED_OPERATOR`, `ERR_UNSUPPORTED_DATA_TYPE`: what the model has can't be written
 */
export function rebuildEonModel(code: Uint8Array, name: string): Uint8Array {
  refusePlaceholder(code, name);
  return writeTfliteModel(readEonGraph(readEonSource(takeNumberLists(code, name))));
}
