/** Numbers in columns that grow. No objects: what a benchmark keeps must not give the garbage collector work. */

const FIRST_ROWS = 1024;

export class Table<Column extends string> {
  readonly #columns: readonly Column[];
  #values: Float64Array;
  #rows = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#values = new Float64Array(columns.length * FIRST_ROWS);
  }

  get rows(): number {
    return this.#rows;
  }

  add(row: Readonly<Record<Column, number>>): void {
    const at = this.#rows * this.#columns.length;
    if (at === this.#values.length) this.#grow();
    this.#columns.forEach((column, index) => {
      this.#values[at + index] = row[column];
    });
    this.#rows += 1;
  }

  /** Copies, in the order of the rows. */
  columns(): Record<Column, Float64Array> {
    const width = this.#columns.length;
    const column = (index: number): Float64Array =>
      Float64Array.from({ length: this.#rows }, (_, row) => this.#values[row * width + index] ?? Number.NaN);
    return Object.fromEntries(this.#columns.map((name, index) => [name, column(index)])) as Record<
      Column,
      Float64Array
    >;
  }

  #grow(): void {
    const larger = new Float64Array(this.#values.length * 2);
    larger.set(this.#values);
    this.#values = larger;
  }
}
