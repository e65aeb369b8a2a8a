import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/cli/in-order.js';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('inOrder', () => {
  it('keeps the order although later items are done earlier', async () => {
    const releases: (() => void)[] = [];
    const results = collect(
      inOrder([0, 1, 2], 3, async (item) => {
        await new Promise<void>((resolve) => {
          releases[item] = resolve;
        });
        return item * 10;
      }),
    );
    await new Promise(setImmediate);
    for (const release of releases.reverse()) release();
    expect(await results).toEqual([0, 10, 20]);
  });

  it('never has more than the stated number under way', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return item;
    };
    const items = Array.from({ length: 20 }, (_, index) => index);
    expect(await collect(inOrder(items, 2, work))).toEqual(items);
    expect(most).toBe(2);
  });

  it('passes a failure on, begins nothing more, and waits for what is under way', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const results = inOrder([0, 1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('broken');
      await new Promise(setImmediate);
      ended.push(item);
      return item;
    });
    await expect(collect(results)).rejects.toThrow('broken');
    expect(begun).toEqual([0, 1, 2]);
    expect(ended).toEqual([0, 2]);
  });
});
