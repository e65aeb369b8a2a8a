/** Numbers for people. */

/** Three digits that count, at most three decimals. */
export function figure(value: number): string {
  const decimals = value === 0 ? 0 : Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(decimals);
}

export function kibibytes(bytes: number): string {
  return `${figure(bytes / 1024)} KiB`;
}
