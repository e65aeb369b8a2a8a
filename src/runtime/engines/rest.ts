/** How long something that keeps dying is left dead, so that it is not started as fast as requests come. */

/** After the second death in a row, doubled with each further one. The first is taken for an accident. */
const REST_MS = { first: 1_000, most: 60_000 } as const;

export class Rest {
  #deaths = 0;
  #until = 0;

  /** In a row. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Milliseconds until it may be started again; 0: now. */
  get leftMs(): number {
    return Math.max(0, Math.ceil(this.#until - performance.now()));
  }

  noteDeath(): void {
    this.#deaths++;
    const rest = this.#deaths < 2 ? 0 : Math.min(REST_MS.first * 2 ** (this.#deaths - 2), REST_MS.most);
    this.#until = performance.now() + rest;
  }

  noteSuccess(): void {
    this.#deaths = 0;
  }
}
