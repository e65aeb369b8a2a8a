import { describe, expect, it } from 'vitest';
import { correctFilter, predictArea, startFilter } from '../../../src/postprocess/stateful/motion-filter.js';

function predictions(areas: readonly (readonly [number, number, number, number])[]) {
  const [first, ...rest] = areas.map(([x, y, width, height]) => ({ x, y, width, height }));
  if (first === undefined) throw new Error('no areas');
  const filter = startFilter(first);
  return rest.map((area) => {
    const predicted = predictArea(filter);
    correctFilter(filter, area);
    return predicted;
  });
}

describe('the motion filter', () => {
  it('expects a box that does not move where it is, for as long as it likes', () => {
    const box = [10, 21, 7, 4] as const;
    for (const predicted of predictions(new Array(500).fill(box))) {
      expect(predicted).toEqual({ x: 10, y: 21, width: 7, height: 4 });
    }
  });

  it('learns a steady speed and growth', () => {
    const areas = Array.from({ length: 80 }, (_, n) => [10 + 3 * n, 300 - 2 * n, 20 + n, 40] as const);
    expect(predictions(areas).slice(-10)).toEqual(
      areas.slice(-10).map(([x, y, width, height]) => ({ x, y, width, height })),
    );
  });

  it('stops at the left and upper edges, and at no size', () => {
    const filter = startFilter({ x: 0, y: 0, width: 40, height: 40 });
    for (let n = 0; n < 30; n++) {
      predictArea(filter);
      correctFilter(filter, { x: 0, y: 0, width: Math.max(0, 36 - 4 * n), height: Math.max(0, 36 - 4 * n) });
    }
    for (let n = 0; n < 30; n++) {
      const area = predictArea(filter);
      correctFilter(filter, area);
      expect(Math.min(area.x, area.y, area.width, area.height)).toBeGreaterThanOrEqual(0);
    }
  });
});
