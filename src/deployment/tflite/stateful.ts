/** Whether a model keeps something from one run to the next. */
import type { TfliteModel } from './model.js';

/** By variables, or by the state tensors of recurrent operators. */
export function isStateful({ operatorCodes, subgraphs }: TfliteModel): boolean {
  return (
    operatorCodes.some(({ name }) => name === 'VAR_HANDLE') ||
    subgraphs.some(({ tensors }) => tensors.some(({ isVariable }) => isVariable))
  );
}
