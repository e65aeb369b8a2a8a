/** Archives of stored files: as small and quick as can be. */
import { crc32 } from '../../dist/deployment/crc32.js';

/** @param {ReadonlyMap<string, Uint8Array>} files */
export function zipOf(files) {
  const parts = [];
  const table = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const path = Buffer.from(name);
    const facts = [
      [20, 2],
      [0x800, 2],
      [0, 2],
      [0, 4],
      [crc32(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [path.length, 2],
      [0, 2],
    ];
    const local = Buffer.concat([numbers([0x04034b50, 4], ...facts), path, bytes]);
    table.push(
      numbers([0x02014b50, 4], [20, 2], ...facts, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      path,
    );
    parts.push(local);
    offset += local.length;
  }
  const contents = Buffer.concat(table);
  const end = numbers(
    [0x06054b50, 4],
    [0, 4],
    [files.size, 2],
    [files.size, 2],
    [contents.length, 4],
    [offset, 4],
    [0, 2],
  );
  return Buffer.concat([...parts, contents, end]);
}

function numbers(...fields) {
  const bytes = Buffer.alloc(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}
