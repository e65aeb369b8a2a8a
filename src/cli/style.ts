/** Colours and bars, on a terminal only. */
import type { WriteStream } from 'node:tty';

export interface Style {
  /** True on a terminal that can redraw a line and show bars. */
  readonly rich: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** `NO_COLOR` with any value means no colours; `TERM=dumb`, no bars either. */
export function styleFor(stream: Pick<WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv = process.env): Style {
  const rich = stream.isTTY === true && env.TERM !== 'dumb';
  const colours = rich && !env.NO_COLOR;
  const paint = (open: number, close: number) => (text: string) =>
    colours && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    rich,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
  };
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` columns, filled to `share` (0..1) in steps of an eighth of a column. */
export function bar(share: number, width: number): { filled: string; empty: string } {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return { filled, empty: '░'.repeat(width - filled.length) };
}
