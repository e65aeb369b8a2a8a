/** A plain text table; the last column may be long. */
export function formatTable(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]))).join('  ');
  const [first, ...rest] = all;
  return [
    line(first),
    widths.map((width) => '-'.repeat(Math.min(width, 60))).join('  '),
    ...rest.map(line),
  ].join('\n');
}

/** The rest of a row for what was refused. */
export function notOpened({ code, message }) {
  return { opened: 'no', answered: '-', engine: '-', difference: '-', why: `${code}: ${message}` };
}
