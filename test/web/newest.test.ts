import { expect, it } from 'vitest';
import { newestOnly } from '../../src/web/newest.js';

it('one subject is in work at a time, and of those that wait only the newest is taken', async () => {
  const taken: number[] = [];
  const ends: (() => void)[] = [];
  const give = newestOnly((subject: number) => {
    taken.push(subject);
    return new Promise<void>((resolve) => ends.push(resolve));
  });
  for (const subject of [1, 2, 3, 4]) give(subject);
  expect(taken).toEqual([1]);
  ends[0]?.();
  await Promise.resolve();
  expect(taken).toEqual([1, 4]);
  ends[1]?.();
  await new Promise(setImmediate);
  give(5);
  expect(taken).toEqual([1, 4, 5]);
});
