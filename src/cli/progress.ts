/** A progress bar on stderr, only where that is a terminal. */
import type { WriteStream } from 'node:tty';
import { bar, type Style, styleFor } from './style.js';
import { byteSize, textWidth } from './text.js';

export interface ProgressState {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly elapsedMs: number;
}

export interface Progress {
  advance(failed: boolean): void;
  /** Takes the bar away while `write` prints something. */
  around(write: () => void): void;
  finish(): void;
}

/** Milliseconds between two drawings. */
const REDRAW_MS = 80;
const BAR_COLUMNS = 24;

/** The bar as one line of at most `columns` columns. */
export function progressLine(state: ProgressState, columns: number, style: Style): string {
  const { done, total, failed, elapsedMs } = state;
  const share = total === 0 ? 1 : done / total;
  const rate = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  const facts = [
    `${done}/${total}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(done > 0 ? [`${rate.toFixed(1)}/s`, `${duration((total - done) / rate)} left`] : []),
  ].join('  ');
  const room = Math.min(BAR_COLUMNS, columns - textWidth(facts) - 3);
  if (room < 4) return facts.slice(0, Math.max(0, columns - 1));
  const { filled, empty } = bar(share, room);
  return `${style.green(filled)}${style.dim(empty)}  ${facts}`;
}

/** Seconds for people: `45s`, `3m 05s`, `2h 10m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole}s`;
  if (minutes < 60) return `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/** Without a terminal, or for a single item: nothing is drawn. */
export function startProgress(
  total: number,
  stream: Pick<WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr,
): Progress {
  const style = styleFor(stream);
  if (!style.rich || total < 2) return { advance: () => {}, around: (write) => write(), finish: () => {} };
  const started = performance.now();
  let done = 0;
  let failed = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const erase = (): void => {
    if (drawnAt !== Number.NEGATIVE_INFINITY) stream.write('\r\u001b[K');
  };
  const draw = (): void => {
    const now = performance.now();
    drawnAt = now;
    const state = { done, total, failed, elapsedMs: now - started };
    stream.write(`\r${progressLine(state, stream.columns || 80, style)}\u001b[K`);
  };
  process.once('exit', erase);
  draw();
  return {
    advance(itFailed) {
      done += 1;
      if (itFailed) failed += 1;
      if (performance.now() - drawnAt >= REDRAW_MS) draw();
    },
    around(write) {
      erase();
      write();
      draw();
    },
    finish() {
      process.off('exit', erase);
      erase();
    },
  };
}

export interface ByteProgress {
  add(bytes: number): void;
  finish(): void;
}

/** For those who want none. */
export const NO_BYTE_PROGRESS: ByteProgress = { add: () => {}, finish: () => {} };

/** How much of a file has come: a bar where its size is known, a count otherwise; nothing without a terminal. */
export function startByteProgress(
  total: number | undefined,
  stream: Pick<WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr,
): ByteProgress {
  const style = styleFor(stream);
  if (!style.rich) return NO_BYTE_PROGRESS;
  let done = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const erase = (): void => {
    if (drawnAt !== Number.NEGATIVE_INFINITY) stream.write('\r\u001b[K');
  };
  process.once('exit', erase);
  return {
    add(bytes) {
      done += bytes;
      if (performance.now() - drawnAt < REDRAW_MS) return;
      drawnAt = performance.now();
      stream.write(`\r${byteLine(done, total, style)}\u001b[K`);
    },
    finish() {
      process.off('exit', erase);
      erase();
    },
  };
}

function byteLine(done: number, total: number | undefined, style: Style): string {
  if (total === undefined || total === 0) return byteSize(done);
  const { filled, empty } = bar(done / total, BAR_COLUMNS);
  return `${style.green(filled)}${style.dim(empty)}  ${byteSize(done)} of ${byteSize(total)}`;
}
