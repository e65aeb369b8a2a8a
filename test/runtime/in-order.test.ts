import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, ONE_AHEAD, type Sequence } from '../../src/runtime/in-order.js';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

function oneAhead<Item, Result>(
  items: Sequence<Item>,
  work: (item: Item) => Promise<Result>,
  signal?: AbortSignal,
) {
  return inOrder(items, work, { ...ONE_AHEAD, signal });
}

/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A camera: gives what is pushed, and never ends by itself. */
function camera<T>() {
  const waiting: ((step: IteratorResult<T>) => void)[] = [];
  const source = {
    asked: 0,
    closed: 0,
    push: (value: T) => waiting.shift()?.({ done: false, value }),
    [Symbol.asyncIterator]: (): AsyncIterator<T> => ({
      next: () => {
        source.asked += 1;
        return new Promise<IteratorResult<T>>((resolve) => waiting.push(resolve));
      },
      return: async () => {
        source.closed += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return source;
}

describe('inOrder, one ahead,', () => {
  it('keeps the order although later items are done earlier', async () => {
    const results = oneAhead([30, 1, 20, 2, 10], async (delay) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return delay;
    });
    expect(await collect(results)).toEqual([30, 1, 20, 2, 10]);
  });

  it('works on the next item while the consumer waits for this one, and never on a third', async () => {
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
    expect(await collect(oneAhead(items, work))).toEqual(items);
    expect(most).toBe(2);
  });

  it('begins nothing before the first result is asked for, and waits for the consumer', async () => {
    const begun: number[] = [];
    const results = oneAhead([0, 1, 2, 3, 4], async (item) => begun.push(item));
    await settle();
    expect(begun).toEqual([]);
    await results.next();
    await settle();
    expect(begun).toEqual([0, 1]);
    await results.next();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    await results.return();
  });

  it('gives a result although the next item is not there yet', async () => {
    const frames = camera<number>();
    const results = oneAhead(frames, async (item) => item * 10);
    const first = results.next();
    await settle();
    frames.push(1);
    expect(await first).toEqual({ done: false, value: 10 });
    await results.return();
  });

  it('ends on return() although the source is silent, and tells it to close', async () => {
    const frames = camera<number>();
    const worked: number[] = [];
    const results = oneAhead(frames, async (item) => worked.push(item));
    const first = results.next();
    await settle();
    frames.push(1);
    await first;
    expect(frames.asked).toBe(2);
    await results.return();
    expect(frames.closed).toBe(1);
    frames.push(2);
    await settle();
    expect(worked).toEqual([1]);
  });

  it('waits for what is under way when the consumer stops', async () => {
    const ended: number[] = [];
    for await (const result of oneAhead([0, 1, 2, 3], async (item) => {
      await settle();
      ended.push(item);
      return item;
    })) {
      expect(result).toBe(0);
      break;
    }
    expect(ended).toEqual([0, 1]);
  });

  it('waits for the cleaning up of a source that owes nothing', async () => {
    let cleaned = false;
    async function* items() {
      try {
        yield* [1, 2, 3];
      } finally {
        await settle();
        cleaned = true;
      }
    }
    const results = oneAhead(items(), async (item) => item);
    await results.next();
    await settle();
    await results.return();
    expect(cleaned).toBe(true);
  });

  it('passes a failure on in its turn, begins nothing more, and waits for what is under way', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const seen: number[] = [];
    const results = oneAhead([0, 1, 2, 3, 4], async (item) => {
      begun.push(item);
      await new Promise((resolve) => setTimeout(resolve, item * 10));
      if (item === 1) throw new Error('broken');
      ended.push(item);
      return item;
    });
    const run = async () => {
      for await (const result of results) seen.push(result);
    };
    await expect(run()).rejects.toThrow('broken');
    expect(seen).toEqual([0]);
    expect(begun).toEqual([0, 1, 2]);
    expect(ended).toEqual([0, 2]);
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('passes a failure of the source on after the results before it', async () => {
    async function* items() {
      yield 1;
      yield 2;
      throw new Error('unplugged');
    }
    const results = oneAhead(items(), async (item) => item);
    expect((await results.next()).value).toBe(1);
    expect((await results.next()).value).toBe(2);
    await expect(results.next()).rejects.toThrow('unplugged');
  });

  it('leaves no rejection unhandled where the item ahead fails and nobody asks for it', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const results = oneAhead([0, 1], async (item) => {
      if (item === 1) throw new Error('ahead');
      return item;
    });
    await results.next();
    await settle();
    await results.return();
    await settle();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('the signal of inOrder', () => {
  it('that aborted before means that nothing is begun', async () => {
    const frames = camera<number>();
    const results = oneAhead(frames, async (item) => item, AbortSignal.abort(new Error('too late')));
    await expect(results.next()).rejects.toThrow('too late');
    expect(frames.asked).toBe(0);
  });

  it('ends a wait for an item that never comes', async () => {
    const frames = camera<number>();
    const abort = new AbortController();
    const waiting = oneAhead(frames, async (item) => item, abort.signal).next();
    await settle();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(frames.closed).toBe(1);
  });

  it('that aborts between two results ends the sequence and waits for the item ahead', async () => {
    const abort = new AbortController();
    const ended: number[] = [];
    const results = oneAhead(
      [0, 1, 2, 3],
      async (item) => {
        await settle();
        ended.push(item);
        return item;
      },
      abort.signal,
    );
    await results.next();
    abort.abort();
    await expect(results.next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(ended).toEqual([0, 1]);
  });
});

describe('inOrder with any concurrency', () => {
  it('gives every result once, in order, and never works on more items than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 3 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (turns, concurrency) => {
          let running = 0;
          let most = 0;
          const work = async (index: number): Promise<number> => {
            running += 1;
            most = Math.max(most, running);
            for (let turn = 0; turn <= (turns[index] ?? 0); turn++) await new Promise(setImmediate);
            running -= 1;
            return index;
          };
          const indices = turns.map((_, index) => index);
          expect(await collect(inOrder(indices, work, { concurrency }))).toEqual(indices);
          expect(most).toBe(Math.min(concurrency, turns.length));
        },
      ),
    );
  });

  it('takes no more items than the consumer has results and it may work on', async () => {
    let taken = 0;
    function* items() {
      for (;;) yield taken++;
    }
    const results = inOrder(items(), async (item) => item, { concurrency: 5 });
    for (let consumed = 1; consumed <= 10; consumed++) {
      await results.next();
      await settle();
      expect(taken).toBeLessThanOrEqual(consumed + 4);
    }
    await results.return();
  });
});
