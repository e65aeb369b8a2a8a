import { describe, expect, it } from 'vitest';
import { duration, progressLine, startByteProgress, startProgress } from '../../src/cli/progress.js';
import { bar, styleFor } from '../../src/cli/style.js';

const PLAIN = styleFor({ isTTY: true }, { NO_COLOR: '1' });

class FakeTerminal {
  isTTY = true;
  columns = 60;
  text = '';
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

describe('progressLine', () => {
  it('shows the share, the count, the rate and the time that is left', () => {
    const line = progressLine({ done: 30, total: 120, failed: 0, elapsedMs: 3000 }, 80, PLAIN);
    expect(line).toBe(`${'█'.repeat(6)}${'░'.repeat(18)}  30/120  10.0/s  9s left`);
  });

  it('counts what failed', () => {
    expect(progressLine({ done: 3, total: 4, failed: 2, elapsedMs: 1000 }, 80, PLAIN)).toContain('2 failed');
  });

  it('promises nothing before the first picture is done', () => {
    expect(progressLine({ done: 0, total: 4, failed: 0, elapsedMs: 50 }, 80, PLAIN)).toBe(
      `${'░'.repeat(24)}  0/4`,
    );
  });

  it.each([10, 20, 30, 40, 60, 200])('fits in %i columns', (columns) => {
    const line = progressLine({ done: 1234, total: 56789, failed: 12, elapsedMs: 99_999 }, columns, PLAIN);
    expect([...line].length).toBeLessThan(columns);
  });

  it('has no colours under NO_COLOR', () => {
    const state = { done: 1, total: 4, failed: 0, elapsedMs: 50 };
    expect(progressLine(state, 80, PLAIN)).not.toContain('\u001b');
    expect(progressLine(state, 80, styleFor({ isTTY: true }, {}))).toContain('\u001b[32m');
  });
});

describe('startProgress', () => {
  it('draws nothing where stderr is no terminal', () => {
    const stream = new FakeTerminal();
    stream.isTTY = false;
    const progress = startProgress(10, stream);
    let written = false;
    progress.around(() => {
      written = true;
    });
    progress.advance(false);
    progress.finish();
    expect(stream.text).toBe('');
    expect(written).toBe(true);
  });

  it('draws nothing for a single picture', () => {
    const stream = new FakeTerminal();
    startProgress(1, stream).finish();
    expect(stream.text).toBe('');
  });

  it('takes the bar away while something else is printed, and in the end', () => {
    const stream = new FakeTerminal();
    const progress = startProgress(3, stream);
    progress.advance(false);
    progress.around(() => stream.write('a result\n'));
    progress.finish();
    const [before = '', after = ''] = stream.text.split('\r\u001b[Ka result\n\r');
    expect(before).toContain('0/3');
    expect(after).toContain('1/3');
    expect(stream.text.endsWith('\r\u001b[K')).toBe(true);
  });
});

it.each([
  [0.4, '0s'],
  [59.6, '1m 00s'],
  [185, '3m 05s'],
  [7800, '2h 10m'],
])('duration(%f) is %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [0, '', 8],
  [1, '█'.repeat(8), 0],
  [0.5, '████', 4],
  [0.51, '████▏', 3],
  [-1, '', 8],
  [7, '█'.repeat(8), 0],
])('bar(%f, 8) fills %j', (share, filled, empty) => {
  expect(bar(share, 8)).toEqual({ filled, empty: '░'.repeat(empty) });
});

describe('startByteProgress', () => {
  it('shows how much of a file has come, and takes itself away', () => {
    const terminal = new FakeTerminal();
    const progress = startByteProgress(4096, terminal);
    progress.add(1024);
    expect(terminal.text).toContain('1.0 KiB of 4.0 KiB');
    progress.finish();
    expect(terminal.text.endsWith('\r\u001b[K')).toBe(true);
  });

  it('counts where the size is not known', () => {
    const terminal = new FakeTerminal();
    startByteProgress(undefined, terminal).add(2048);
    expect(terminal.text).toContain('2.0 KiB');
    expect(terminal.text).not.toContain(' of ');
  });

  it('writes nothing where there is no terminal', () => {
    const terminal = Object.assign(new FakeTerminal(), { isTTY: false });
    const progress = startByteProgress(10, terminal);
    progress.add(10);
    progress.finish();
    expect(terminal.text).toBe('');
  });

  it('takes away no line that it has not drawn', () => {
    const terminal = new FakeTerminal();
    startByteProgress(10, terminal).finish();
    expect(terminal.text).toBe('');
  });
});
