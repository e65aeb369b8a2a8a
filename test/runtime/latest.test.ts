import { describe, expect, it } from 'vitest';
import { latestOf } from '../../src/runtime/latest.js';

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

/** A camera that gives a frame when it is told to. */
function camera() {
  const ready: number[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  async function* frames(): AsyncGenerator<number, void, undefined> {
    try {
      for (;;) {
        while (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        yield ready.shift() as number;
      }
    } finally {
      closed = true;
    }
  }
  const shoot = (...numbers: number[]) => {
    ready.push(...numbers);
    wake?.();
  };
  return { frames: frames(), shoot, isClosed: () => closed };
}

describe('latestOf', () => {
  it('gives the newest frame, and counts those that nobody asked for in time', async () => {
    const { frames, shoot } = camera();
    const newest = latestOf(frames);
    const first = newest.next();
    shoot(1);
    expect(await first).toEqual({ done: false, value: { item: 1, dropped: 0 } });
    shoot(2, 3, 4);
    await settle();
    expect((await newest.next()).value).toEqual({ item: 4, dropped: 2 });
    shoot(5);
    expect((await newest.next()).value).toEqual({ item: 5, dropped: 0 });
    await newest.return?.();
  });

  it('gives the last frame of a source that ends, then ends', async () => {
    const seen: unknown[] = [];
    for await (const frame of latestOf([1, 2, 3])) {
      seen.push(frame);
      await settle();
    }
    expect(seen).toEqual([
      { item: 1, dropped: 0 },
      { item: 3, dropped: 1 },
    ]);
  });

  it('passes the error of the source on after the frame before it', async () => {
    async function* frames() {
      yield 1;
      throw new Error('unplugged');
    }
    const newest = latestOf(frames());
    expect((await newest.next()).value).toEqual({ item: 1, dropped: 0 });
    await expect(newest.next()).rejects.toThrow('unplugged');
    expect(await newest.next()).toEqual({ done: true, value: undefined });
  });

  it('leaves everything else its turn while a source always has a next frame', async () => {
    function* frames() {
      for (let i = 0; ; i++) yield i;
    }
    const newest = latestOf(frames());
    await newest.next();
    await settle();
    expect((await newest.next()).value.dropped).toBeGreaterThan(0);
    await newest.return?.();
  });

  it('ends although the camera is silent, and tells it to close', async () => {
    const { frames, shoot, isClosed } = camera();
    const newest = latestOf(frames);
    const first = newest.next();
    shoot(1);
    await first;
    await newest.return?.();
    expect(await newest.next()).toEqual({ done: true, value: undefined });
    shoot(2);
    await settle();
    expect(isClosed()).toBe(true);
  });
});
