/** Work on a sequence, one item ahead of the consumer. */

/** Items that are there, or that come over time. */
export type Sequence<Item> = AsyncIterable<Item> | Iterable<Item>;

/** `owing`: an item was asked for and has not come yet. */
type SourceState = 'ready' | 'owing' | 'ended';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Results in the order of the items. While the consumer waits for one result, the next item is asked for and
 * worked on; no third one is, so the consumer sets the pace. A result is given as soon as it is there, even if
 * the next item is long in coming.
 *
 * When an item fails, the signal aborts or the consumer stops, nothing more is begun, what is under way is waited
 * for, and the source is closed. A source that owes an item is told to close, but not waited for: it may be a
 * camera that sends no more.
 *
 * @throws what the source or the work throws, in its turn, or the signal's reason
 */
export async function* oneAhead<Item, Result>(
  items: Sequence<Item>,
  work: (item: Item) => Promise<Result>,
  signal?: AbortSignal,
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
    let current = begin();
    for (;;) {
      const next = begin();
      const result = await orAborted(current, signal);
      if (result.done) return;
      yield result.value;
      signal?.throwIfAborted();
      current = next;
    }
  } finally {
    stopped = true;
    const closed = state === 'ended' ? undefined : closeSource(source);
    await Promise.allSettled([...running, state === 'owing' ? undefined : closed]);
  }
}

function iteratorOf<Item>(items: Sequence<Item>): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Never fails: what a source says when it is closed changes no result. */
async function closeSource(source: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
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
