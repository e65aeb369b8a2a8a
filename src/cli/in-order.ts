/**
 * Works on a few items at a time and gives the results in the order of the items. If one fails, or the
 * consumer stops, those under way are waited for and no further one is begun.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const promise = work(item);
      // It is awaited below, in its turn; until then a failure must not count as unhandled.
      promise.catch(() => {});
      running.push(promise);
      if (running.length >= concurrency) yield await nextOf(running);
    }
    while (running.length > 0) yield await nextOf(running);
  } finally {
    await Promise.allSettled(running);
  }
}

function nextOf<Result>(running: Promise<Result>[]): Promise<Result> {
  const first = running.shift();
  if (first === undefined) throw new RangeError('Nothing is running.');
  return first;
}
