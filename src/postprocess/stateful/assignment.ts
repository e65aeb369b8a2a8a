/** Which row goes with which column so that the sum of costs is least. */

interface Problem {
  /** Row by row; at least as many columns as rows. */
  readonly costs: Float64Array;
  readonly columns: number;
  readonly columnOfRow: Int32Array;
  readonly rowOfColumn: Int32Array;
  /** Dual prices: cost less both prices is never negative, and 0 for assigned pairs. */
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
  /** Length of the shortest path found to a column, and the row from which it comes. */
  readonly distance: Float64Array;
  readonly reachedFrom: Int32Array;
  /** Columns: those that the current search has not settled yet, then, from the end, those that it has. */
  readonly queue: Int32Array;
}

const NONE = -1;

/**
 * Optimal assignment by shortest augmenting paths (Jonker and Volgenant, in the form for rectangles of
 * Crouse, "On implementing 2D rectangular assignment algorithms", 2016). Where several assignments cost the
 * same, it finds the one that SciPy's `linear_sum_assignment` finds.
 *
 * @param costs finite, `rows` x `columns`, row by row
 * @returns column of each row, -1 for rows that are left over because there are fewer columns
 */
export function assign(costs: Float64Array, rows: number, columns: number): Int32Array {
  if (rows <= columns) return assignRows(costs, rows, columns);
  const result = new Int32Array(rows).fill(NONE);
  const rowOfColumn = assignRows(transpose(costs, rows, columns), columns, rows);
  for (const [column, row] of rowOfColumn.entries()) result[row] = column;
  return result;
}

function assignRows(costs: Float64Array, rows: number, columns: number): Int32Array {
  const problem: Problem = {
    costs,
    columns,
    columnOfRow: new Int32Array(rows).fill(NONE),
    rowOfColumn: new Int32Array(columns).fill(NONE),
    rowPrice: new Float64Array(rows),
    columnPrice: new Float64Array(columns),
    distance: new Float64Array(columns),
    reachedFrom: new Int32Array(columns),
    queue: new Int32Array(columns),
  };
  for (let row = 0; row < rows; row++) addRow(problem, row);
  return problem.columnOfRow;
}

function addRow(problem: Problem, row: number): void {
  const { rowOfColumn, columnOfRow, reachedFrom } = problem;
  let column = findFreeColumn(problem, row);
  for (let current = NONE; current !== row; ) {
    current = reachedFrom[column] as number;
    rowOfColumn[column] = current;
    const previous = columnOfRow[current] as number;
    columnOfRow[current] = column;
    column = previous;
  }
}

/** The free column nearest to `start`; prices are then such that the path to it costs nothing. */
function findFreeColumn(problem: Problem, start: number): number {
  const { costs, columns, rowOfColumn, rowPrice, columnPrice, distance, reachedFrom, queue } = problem;
  distance.fill(Number.POSITIVE_INFINITY);
  // The order of the queue decides between equal columns.
  for (let index = 0; index < columns; index++) queue[index] = columns - 1 - index;
  let length = 0;
  let row = start;
  let column = NONE;
  let open = columns;
  while (row !== NONE) {
    const base = length - (rowPrice[row] as number);
    let best = 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < open; index++) {
      const candidate = queue[index] as number;
      const reach = base + (costs[row * columns + candidate] as number) - (columnPrice[candidate] as number);
      if (reach < (distance[candidate] as number)) {
        distance[candidate] = reach;
        reachedFrom[candidate] = row;
      }
      const here = distance[candidate] as number;
      if (here < nearest || (here === nearest && rowOfColumn[candidate] === NONE)) {
        nearest = here;
        best = index;
      }
    }
    length = nearest;
    column = queue[best] as number;
    open--;
    queue[best] = queue[open] as number;
    queue[open] = column;
    row = rowOfColumn[column] as number;
  }
  rowPrice[start] = (rowPrice[start] as number) + length;
  reprice(problem, open, length);
  return column;
}

function reprice(
  { queue, distance, rowOfColumn, rowPrice, columnPrice }: Problem,
  open: number,
  length: number,
) {
  for (const column of queue.subarray(open)) {
    const slack = length - (distance[column] as number);
    columnPrice[column] = (columnPrice[column] as number) - slack;
    const row = rowOfColumn[column] as number;
    if (row !== NONE) rowPrice[row] = (rowPrice[row] as number) + slack;
  }
}

function transpose(costs: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(costs.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = costs[row * columns + column] as number;
    }
  }
  return result;
}
