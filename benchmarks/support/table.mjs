/**
 * Tables of figures: printed as text, written as Markdown. Rows keep their numbers; a column says how they are shown.
 *
 * @typedef {string | number | null} Cell null: nothing to say
 * @typedef {string | { label: string, digits: number }} Column a label alone is one of text
 * @typedef {{ title: string, columns: readonly Column[], rows: readonly (readonly Cell[])[], notes?: readonly string[] }} Table
 */

/** A column of numbers. @param {string} label @param {number} digits after the point */
export function number(label, digits) {
  return { label, digits };
}

/**
 * Whether a figure is as wanted.
 *
 * @param {number} value @param {{ least: number } | { most: number }} limit
 */
export function verdict(value, limit) {
  const [sign, bound] = 'least' in limit ? ['>=', limit.least] : ['<=', limit.most];
  const met = sign === '>=' ? value >= bound : value <= bound;
  return `${sign} ${Number(bound.toFixed(2))} ${met ? 'met' : 'NOT MET'}`;
}

/** @param {Table} table @returns {string} for a terminal */
export function tableAsText(table) {
  const lines = [labelsOf(table), ...table.rows.map((row) => shown(table, row))];
  const widths = widthsOf(lines);
  const text = lines.map((cells) =>
    cells
      .map((cell, i) => padded(table, cell, i, widths))
      .join('  ')
      .trimEnd(),
  );
  return [table.title, '', ...text, ...(table.notes ?? []).map((note) => `\n${note}`), ''].join('\n');
}

/** @param {Table} table @returns {string} */
export function tableAsMarkdown(table) {
  const lines = [labelsOf(table), ...table.rows.map((row) => shown(table, row))].map((cells) =>
    cells.map((cell) => cell.replaceAll('|', '\\|')),
  );
  const widths = widthsOf(lines).map((width) => Math.max(3, width));
  const rule = widths.map((width, i) =>
    isNumeric(table, i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const [head, ...rows] = lines.map((cells) => cells.map((cell, i) => padded(table, cell, i, widths)));
  const grid = [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [`${table.title}:`, '', ...grid, ...(table.notes ?? []).flatMap((note) => ['', note])].join('\n');
}

function labelsOf({ columns }) {
  return columns.map((column) => (typeof column === 'string' ? column : column.label));
}

function shown({ columns }, row) {
  return row.map((cell, i) => {
    if (cell === null || cell === undefined) return '';
    return typeof cell === 'number' ? cell.toFixed(columns[i].digits ?? 0) : cell;
  });
}

function widthsOf(lines) {
  return lines[0].map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
}

function isNumeric({ columns }, i) {
  return typeof columns[i] !== 'string';
}

function padded(table, cell, i, widths) {
  return isNumeric(table, i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]);
}
