/** Where label tags go: inside the picture, beside what they name, clear of one another where there is room. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A place for a tag of `size` beside `target`: the first of above, below, inside and at the sides that is
 * wholly in the picture and covers nothing of `taken`; else the one that covers least.
 *
 * @param gap pixels between target and tag
 */
export function placeTag(target: Rect, size: Size, picture: Size, taken: readonly Rect[], gap = 0): Rect {
  let best: Rect | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [x, y] of candidates(target, size, picture, gap)) {
    const place = { ...size, x, y };
    if (!contains(picture, place)) continue;
    const covered = taken.reduce((sum, other) => sum + overlap(place, other), 0);
    if (covered === 0) return place;
    if (covered < least) {
      least = covered;
      best = place;
    }
  }
  const fallback = {
    ...size,
    x: clamp(target.x, picture.width - size.width),
    y: clamp(target.y - size.height, picture.height - size.height),
  };
  return best ?? fallback;
}

function candidates(target: Rect, { width, height }: Size, picture: Size, gap: number): [number, number][] {
  const { x, y } = target;
  const right = x + target.width;
  const alignLeft = clamp(x, picture.width - width);
  const alignRight = clamp(right - width, picture.width - width);
  const bottom = y + target.height;
  const above = y - height - gap;
  const below = bottom + gap;
  const inside: [number, number][] =
    target.height > 2 * height
      ? [
          [alignLeft, Math.max(0, y)],
          [alignRight, Math.max(0, y)],
          [alignLeft, bottom - height],
          [alignRight, bottom - height],
        ]
      : [];
  return [
    [alignLeft, above],
    [alignRight, above],
    [alignLeft, below],
    [alignRight, below],
    [right + gap, y],
    [x - width - gap, y],
    [right + gap, bottom - height],
    [x - width - gap, bottom - height],
    ...inside,
    [x - width - gap, above],
    [right + gap, above],
    [x - width - gap, below],
    [right + gap, below],
  ];
}

function contains(picture: Size, { x, y, width, height }: Rect): boolean {
  return x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height;
}

/** Area in common, in square pixels. */
export function overlap(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}
