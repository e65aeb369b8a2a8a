/** Which model a learn block runs: the headers name it, the bytes are elsewhere. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { nameIn, variableOf } from '../headers/query.js';
import { WHAT_TO_DOWNLOAD } from '../sniff.js';
import type { ImpulseSource } from './impulse-source.js';
import { structOf } from './impulse-source.js';

export type Graph =
  /** A flatbuffer under this C name: `tflite_learn_5`. */
  | {
      readonly kind: 'tflite';
      readonly symbol: string;
      /** Headers from before late 2022 name no model: this is the usual name, and another is as good. */
      readonly implied?: true;
    }
  /** Compiled to C++ by the EON compiler: functions `<stem>_init`, `<stem>_invoke`, ... */
  | { readonly kind: 'eon'; readonly stem: string };

/** Key of its model among the artefacts. */
export function graphKey(graph: Graph): string {
  return graph.kind === 'tflite' ? graph.symbol : graph.stem;
}

/**
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: the graph is one for other hardware
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 */
export function readGraph(source: ImpulseSource, config: Fields): Graph {
  const value = config.get('graph_config');
  const type = variableOf(source.headers, value)?.type ?? '';
  const other = /^ei_config_(?!tflite_graph|tflite_eon_graph)(\w+)_graph_t$/.exec(type)?.[1];
  if (other !== undefined) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_ENGINE',
      `The model is built for '${other}', not for TensorFlow Lite. ${WHAT_TO_DOWNLOAD}`,
    );
  }
  const graph = structOf(source, value, 'the graph of a learn block (graph_config)');
  const symbol = nameIn(graph.get('model'));
  if (symbol !== undefined) return { kind: 'tflite', symbol };
  const stem = /^(\w+)_init$/.exec(nameIn(graph.get('model_init')) ?? '')?.[1];
  if (stem !== undefined) return { kind: 'eon', stem };
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    "The graph of a learn block names neither 'model' nor 'model_init'.",
  );
}
