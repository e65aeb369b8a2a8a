/** What a header declares, as data. */

export type HeaderValue =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  /** `nullptr`, `NULL` */
  | { readonly kind: 'null' }
  /** `name`, `&name`, `(void*)&name`: a variable, function, macro or constant. */
  | { readonly kind: 'name'; readonly name: string }
  /** `{ 1, 2 }` */
  | { readonly kind: 'list'; readonly items: readonly HeaderValue[] }
  /** `{ .a = 1, .b = 2 }` */
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, HeaderValue> }
  /** `handle_t(&impulse)` */
  | { readonly kind: 'call'; readonly callee: string; readonly values: readonly HeaderValue[] }
  /** An expression that is no constant. */
  | { readonly kind: 'other'; readonly text: string };

export interface StructField {
  readonly name: string;
  /** `float`, `bool`, `char`, ...; the last word before the name. */
  readonly type: string;
}

export interface Variable {
  readonly name: string;
  /** The last type word: `ei_impulse_t`, `char`, `uint32_t`. */
  readonly type: string;
  readonly value: HeaderValue;
}

/** `INCBIN(name, "path")`: bytes that stand in a file of their own. */
export interface Inclusion {
  readonly name: string;
  readonly path: string;
}
