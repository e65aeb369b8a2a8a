/** CRC-32 of zip archives (ISO 3309, reflected polynomial 0xEDB88320). `zlib.crc32` came with Node.js 20.15. */
const TABLES = makeTables();

export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES;
  let crc = 0xffffffff;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    crc ^= at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    crc =
      at(t3, crc & 0xff) ^
      at(t2, (crc >>> 8) & 0xff) ^
      at(t1, (crc >>> 16) & 0xff) ^
      at(t0, (crc >>> 24) & 0xff);
  }
  for (; i < bytes.length; i++) crc = at(t0, (crc ^ at(bytes, i)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Table k steps a byte over k further bytes, so that four bytes are taken at once. */
function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  const next = (table: Int32Array): Int32Array =>
    table.map((value) => at(first, value & 0xff) ^ (value >>> 8));
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}

function at(array: Uint8Array | Int32Array, index: number): number {
  return array[index] as number;
}
