/** Preprocessor macros, and the bound on the work that headers may ask for. */
import { DeploymentError } from '../../errors.js';
import type { Token } from './tokens.js';
import { tokenize } from './tokens.js';

export interface Macro {
  readonly tokens: readonly Token[];
  /** True for `#define ALIGN(x) ...`: such macros are known, but never expanded. */
  readonly hasParameters: boolean;
}

export type Macros = Map<string, Macro>;

/** Names of macros inside macros, deeper than any generator writes. */
const MAX_EXPANSION_DEPTH = 100;
const MAX_STEPS = 2_000_000;

/** Counts steps of expansion and evaluation, so that a header can't ask for exponentially many. */
export class WorkLimit {
  #steps = 0;

  /** @throws {DeploymentError} `ERR_METADATA_INVALID` */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) {
      throw new DeploymentError(
        'ERR_METADATA_INVALID',
        `The headers' definitions expand to more than ${MAX_STEPS} steps: they are not those of a deployment.`,
      );
    }
  }
}

/** Macros with the values given, as a `#define` would make them. */
export function macrosOf(values: Readonly<Record<string, number>>): Macros {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      { tokens: tokenize(String(value), 'built-in constants'), hasParameters: false },
    ]),
  );
}

/** The tokens with every macro without parameters replaced, as C does: a macro does not expand inside itself. */
export function expand(tokens: readonly Token[], macros: Macros, work: WorkLimit): Token[] {
  const out: Token[] = [];
  expandInto(out, tokens, macros, [], work);
  return out;
}

function expandInto(
  out: Token[],
  tokens: readonly Token[],
  macros: Macros,
  inside: readonly string[],
  work: WorkLimit,
): void {
  work.step(tokens.length + 1);
  for (const token of tokens) {
    const macro = token.kind === 'identifier' ? macros.get(token.text) : undefined;
    if (macro === undefined || macro.hasParameters || inside.includes(token.text)) {
      out.push(token);
      continue;
    }
    if (inside.length >= MAX_EXPANSION_DEPTH) {
      throw new DeploymentError(
        'ERR_METADATA_INVALID',
        `The definition of ${inside[0]} goes through more than ${MAX_EXPANSION_DEPTH} others.`,
      );
    }
    expandInto(out, macro.tokens, macros, [...inside, token.text], work);
  }
}
