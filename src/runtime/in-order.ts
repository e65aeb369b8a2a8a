/** Work on a sequence, several items at once, results in order. */

/** Items that are there, or that come over time. */
export type Sequence<Item> = AsyncIterable<Item> | Iterable<Item>;

/** `owing`: an item was asked for and has not come yet. */
type SourceState = 'ready' | 'owing' | 'ended';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

export interface InOrderOptions {
  /** Items that are asked for and worked on at the same time, the one whose result is awaited among them; 1 or more. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** The next item is prepared while the result of this one is awaited. */
export const ONE_AHEAD: InOrderOptions = { concurrency: 2 };

/**
 * Results in the order of the items. No more than `concurrency` items are taken whose results the consumer has not, so
 * it sets the pace. A result is given as soon as it is there and in its turn, even if the next item is long in coming.
 *
 * When an item fails, the signal aborts or the consumer stops, nothing more is begun, what is under way is waited
 * for, and the source is closed. A source that owes an item is told to close, but not waited for: it may be a
 * camera that sends no more.
 *
 * @throws what the source or the work throws, in its turn, or the signal's reason
 */
export async function* inOrder<Item, Result>(
  items: Sequence<Item>,
  work: (item: Item) => Promise<Result>,
  { concurrency, signal }: InOrderOptions,
): AsyncGenerator<Result, void, undefined> {
  signal?.throwIfAborted();
  const source = iteratorOf(items);
  let state = 'ready' as SourceState;
  let stopped = false;
  let last: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();

  const take = async (): Promise<IteratorResult<Item, unknown>> => {
    if (stopped || state === 'ended') return END;
    state = 'owing';
    try {
      const step = await source.next();
      state = step.done ? 'ended' : 'ready';
      return step;
    } catch (error) {
      state = 'ended';
      throw error;
    }
  };
  const begin = (): Promise<IteratorResult<Result, unknown>> => {
    const taken = last.then(take);
    last = taken.catch(() => {});
    const result = taken.then(async (step): Promise<IteratorResult<Result, unknown>> => {
      if (step.done || stopped) return END;
      const done = work(step.value);
      running.add(done);
      return { done: false, value: await done.finally(() => running.delete(done)) };
    });
    // It is awaited below, in its turn; until then a failure must not count as unhandled.
    result.catch(() => {});
    return result;
  };

  try {
    const begun: ReturnType<typeof begin>[] = [];
    for (;;) {
      while (begun.length < concurrency) begun.push(begin());
      const result = await orAborted(begun.shift() ?? begin(), signal);
      if (result.done) return;
      yield result.value;
      signal?.throwIfAborted();
    }
  } finally {
    stopped = true;
    const closed = state === 'ended' ? undefined : closeSource(source);
    await Promise.allSettled([...running, state === 'owing' ? undefined : closed]);
  }
}

export function iteratorOf<Item>(items: Sequence<Item>): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Never fails: what a source says when it is closed changes no result. */
export async function closeSource(source: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // See above.
  }
}

/** Not `Promise.race()` with one promise of the signal: that would keep every result until the signal goes. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
