/** Keeps a WebAssembly module from asking for more memory than it may have. */

/** Bytes of one page of a module's memory. */
export const PAGE_BYTES = 65_536;

const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;

/**
 * The module with no more than `pages` as the maximum of each memory that it brings: growing past that fails inside the
 * module, as it does at its own maximum.
 *
 * @throws {Error} a memory begins with more pages than that, or the sections can't be read
 */
export function limitMemory(binary: Uint8Array, pages: number): Uint8Array {
  for (let at = HEADER_BYTES; at < binary.length; ) {
    const id = binary[at];
    const size = readNumber(binary, at + 1);
    const end = size.next + size.value;
    if (end > binary.length) throw damaged();
    if (id === MEMORY_SECTION) {
      const section = limited(binary.subarray(size.next, end), pages);
      return Buffer.concat([
        binary.subarray(0, at),
        Uint8Array.of(MEMORY_SECTION, ...numberBytes(section.length), ...section),
        binary.subarray(end),
      ]);
    }
    at = end;
  }
  return binary;
}

function limited(section: Uint8Array, pages: number): number[] {
  const count = readNumber(section, 0);
  const bytes = numberBytes(count.value);
  let at = count.next;
  for (let i = 0; i < count.value; i++) {
    const flags = section[at];
    if (flags === undefined) throw damaged();
    const initial = readNumber(section, at + 1);
    const given =
      flags & HAS_MAXIMUM ? readNumber(section, initial.next) : { value: pages, next: initial.next };
    if (initial.value > pages) {
      throw new Error(
        `it begins with ${initial.value * (PAGE_BYTES / 1024 ** 2)} MiB of memory, and may have ${pages * (PAGE_BYTES / 1024 ** 2)} MiB`,
      );
    }
    bytes.push(
      flags | HAS_MAXIMUM,
      ...numberBytes(initial.value),
      ...numberBytes(Math.min(given.value, pages)),
    );
    at = given.next;
  }
  return bytes;
}

/** An unsigned number as WebAssembly writes it: seven bits a byte, the lowest first (LEB128). */
function readNumber(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw damaged();
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  throw damaged();
}

function numberBytes(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...numberBytes(Math.floor(value / 0x80))];
}

function damaged(): Error {
  return new Error('its sections are damaged');
}
