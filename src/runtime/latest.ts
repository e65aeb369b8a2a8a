/** The newest item of a source that may give them faster than they can be worked on. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sequence } from './in-order.js';
import { closeSource, iteratorOf } from './in-order.js';

export interface Latest<Item> {
  readonly item: Item;
  /** Items that came after the one given before this, and were passed over. */
  readonly dropped: number;
}

/**
 * Reads the source as fast as it gives, and holds the newest item until it is asked for. The last item of a source
 * that ends is always given; an error of the source comes after it.
 *
 * @throws what the source throws
 */
export function latestOf<Item>(items: Sequence<Item>): AsyncIterableIterator<Latest<Item>> {
  const source = iteratorOf(items);
  let newest: Latest<Item> | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  let begun = false;
  let owing = false;

  const read = async (): Promise<void> => {
    try {
      for (;;) {
        owing = true;
        const step = await source.next();
        owing = false;
        if (end !== undefined) return;
        if (step.done) break;
        newest = { item: step.value, dropped: newest === undefined ? 0 : newest.dropped + 1 };
        wake?.();
        // A source that always has a next item must not keep everything else from its turn.
        await nextTurn();
      }
      end ??= {};
    } catch (error) {
      end ??= { error };
    }
    wake?.();
  };

  return {
    async next() {
      if (!begun) void read();
      begun = true;
      while (newest === undefined) {
        if (end !== undefined) {
          const { error } = end;
          end = {};
          if (error !== undefined) throw error;
          return { done: true, value: undefined };
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const value = newest;
      newest = undefined;
      return { done: false, value };
    },
    async return() {
      const closed = end === undefined ? closeSource(source) : undefined;
      end = {};
      newest = undefined;
      wake?.();
      // It may be a camera that sends no more.
      if (!owing) await closed;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
