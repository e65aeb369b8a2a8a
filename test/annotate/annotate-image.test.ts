import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotateImage } from '../../src/annotate/annotate-image.js';
import { LABEL_COLOURS } from '../../src/annotate/palette.js';
import {
  anomalyGrid,
  classifier,
  classifierWithAnomaly,
  detected,
  detector,
  objects,
  scores,
  visualAnomaly,
} from './classifications.js';

type Colour = readonly [number, number, number];
const GRAY: Colour = [128, 128, 128];
const AMBER = rgb(LABEL_COLOURS[0]);
const BLUE = rgb(LABEL_COLOURS[1]);

function rgb(hex: string): Colour {
  const at = (index: number): number => Number.parseInt(hex.slice(index, index + 2), 16);
  return [at(1), at(3), at(5)];
}

function plain(width: number, height: number) {
  const data = new Uint8Array(width * height * 3).fill(GRAY[0]);
  return { data, width, height, channels: 3 as const };
}

class Picture {
  private constructor(
    readonly data: Buffer,
    readonly width: number,
    readonly height: number,
  ) {}

  static async read(encoded: Buffer): Promise<Picture> {
    const { data, info } = await sharp(encoded).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    return new Picture(data, info.width, info.height);
  }

  at(x: number, y: number): Colour {
    const offset = (y * this.width + x) * 3;
    return [this.data[offset] ?? -1, this.data[offset + 1] ?? -1, this.data[offset + 2] ?? -1];
  }

  /** Pixels in the rectangle that differ from the plain gray. */
  changed(x: number, y: number, width: number, height: number): number {
    let count = 0;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++)
        if (this.at(column, row).some((v) => v !== 128)) count++;
    }
    return count;
  }
}

describe('annotateImage refuses', () => {
  it('a picture of another size than the one that was classified', async () => {
    const classification = objects([], { width: 100, height: 50 });
    await expect(annotateImage(plain(50, 100), classification)).rejects.toMatchObject({
      name: 'InputError',
      code: 'ERR_INPUT_IMAGE',
      message: expect.stringContaining('50x100'),
    });
  });

  it('an unknown option, naming the nearest', async () => {
    const options = { fromat: 'png' } as object;
    await expect(annotateImage(plain(9, 9), objects([]), options)).rejects.toMatchObject({
      code: 'ERR_OPTION_UNKNOWN',
      message: expect.stringContaining("'format'"),
    });
  });

  it('an unknown format', async () => {
    const options = { format: 'gif' } as object;
    await expect(annotateImage(plain(9, 9), objects([]), options)).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
  });

  it('what is no picture', async () => {
    await expect(annotateImage(Buffer.from('plain text, no picture'), objects([]))).rejects.toMatchObject({
      code: 'ERR_INPUT_IMAGE',
    });
  });
});

describe('boxes', () => {
  it('are drawn on the pixels where the object is, in the colour of its label, and leave the inside alone', async () => {
    const classification = objects(
      [
        detected('cup', 0.9, { x: 100, y: 120, width: 80, height: 60 }),
        detected('plate', 0.8, { x: 200.4, y: 300.4, width: 50, height: 40 }),
      ],
      { width: 400, height: 400 },
    );
    const picture = await Picture.read(
      await annotateImage(plain(400, 400), classification, {
        info: detector('mobilenet-ssd', ['cup', 'plate']),
      }),
    );
    for (const [x, y] of [
      [100, 121],
      [100, 150],
      [179, 150],
      [140, 120],
      [140, 179],
    ] as const) {
      expect(picture.at(x, y)).toEqual(AMBER);
    }
    for (const [x, y] of [
      [200, 320],
      [249, 320],
      [225, 300],
      [225, 339],
    ] as const) {
      expect(picture.at(x, y)).toEqual(BLUE);
    }
    expect(picture.changed(105, 125, 70, 50)).toBe(0);
    expect(picture.at(140, 119)).not.toEqual(GRAY);
    expect(picture.changed(0, 200, 400, 60)).toBe(0);
  });

  it('that reach beyond the picture are cut at its border', async () => {
    const classification = objects([detected('cup', 0.9, { x: -50, y: -20, width: 500, height: 300 })]);
    const picture = await Picture.read(
      await annotateImage(plain(200, 200), classification, { info: detector('mobilenet-ssd', ['cup']) }),
    );
    expect(picture.at(0, 150)).toEqual(AMBER);
    expect(picture.at(199, 150)).toEqual(AMBER);
    expect(picture.at(100, 199)).toEqual(AMBER);
  });

  it('are visible even where they have no extent', async () => {
    const classification = objects([detected('cup', 0.9, { x: 60, y: 80, width: 0, height: 0 })]);
    const picture = await Picture.read(
      await annotateImage(plain(120, 120), classification, { info: detector('mobilenet-ssd', ['cup']) }),
    );
    expect(picture.at(60, 80)).toEqual(AMBER);
  });

  it('carry their label and score on a tag above', async () => {
    const one = objects([detected('cup', 0.9, { x: 100, y: 120, width: 80, height: 60 })]);
    const two = objects([detected('cap', 0.9, { x: 100, y: 120, width: 80, height: 60 })]);
    const info = detector('mobilenet-ssd', ['cup']);
    const [a, b] = [
      await annotateImage(plain(400, 400), one, { info }),
      await annotateImage(plain(400, 400), two, { info }),
    ];
    expect((await Picture.read(a)).changed(100, 105, 44, 14)).toBe(44 * 14);
    expect(a.equals(b)).toBe(false);
  });

  it('survive labels with markup, emoji and control characters', async () => {
    const labels = ['<b>&"\'', '😀 日本', '\u0000\u001b[31m', '\ud800', '', 'x'.repeat(5000)];
    const boxes = labels.map((label, index) =>
      detected(label, 0.9, { x: 20, y: 30 + index * 50, width: 40, height: 20 }),
    );
    const picture = await Picture.read(await annotateImage(plain(320, 360), objects(boxes)));
    expect(picture.changed(20, 30, 40, 20)).toBeGreaterThan(0);
    expect(picture.changed(20, 280, 40, 20)).toBeGreaterThan(0);
  });

  it('reach places beyond the 32767 pixels that an SVG may have', async () => {
    const classification = objects([detected('cup', 0.9, { x: 39_000, y: 1, width: 500, height: 6 })]);
    const picture = await Picture.read(
      await annotateImage(plain(40_000, 8), classification, { info: detector('mobilenet-ssd', ['cup']) }),
    );
    expect(picture.at(39_010, 1)).toEqual(AMBER);
    expect(picture.changed(0, 0, 38_000, 8)).toBe(0);
  });
});

describe('FOMO', () => {
  it('is drawn as a circle with a dot at the centroid, not as a box', async () => {
    const classification = objects([detected('cup', 0.9, { x: 96, y: 96, width: 80, height: 80 })]);
    const picture = await Picture.read(
      await annotateImage(plain(400, 400), classification, { info: detector('fomo', ['cup']) }),
    );
    picture.at(136, 136).forEach((value, channel) => {
      expect(Math.abs(value - (AMBER[channel] ?? 0))).toBeLessThan(16);
    });
    expect(picture.at(96, 170)).toEqual(GRAY);
    expect(picture.at(175, 170)).toEqual(GRAY);
  });
});

describe('captions', () => {
  it('say it where nothing was found', async () => {
    const picture = await Picture.read(
      await annotateImage(plain(300, 200), objects([]), { info: detector('fomo', ['cup']) }),
    );
    expect(picture.changed(0, 150, 200, 50)).toBeGreaterThan(500);
    expect(picture.changed(0, 0, 300, 150)).toBe(0);
  });

  it('name the threshold that nothing reached', async () => {
    const at = (min_score: number) =>
      annotateImage(plain(300, 200), objects([]), { info: detector('fomo', ['cup'], { min_score }) });
    expect((await at(0.5)).equals(await at(0.9))).toBe(false);
  });

  it('show the best labels of a classification with bars in their colours', async () => {
    const info = classifier(['cat', 'dog', 'bird']);
    const encoded = await annotateImage(plain(640, 480), scores({ cat: 0.1, dog: 0.85, bird: 0.05 }), {
      info,
    });
    const { data } = await Picture.read(encoded);
    const pixels = new Set<number>();
    for (let offset = 0; offset < data.length; offset += 3) pixels.add(data.readUIntBE(offset, 3));
    for (const colour of LABEL_COLOURS.slice(0, 3))
      expect(pixels).toContain(Number.parseInt(colour.slice(1), 16));
  });

  it('show the value of a regression', async () => {
    const info = classifier(['temperature'], 'regression');
    const at = (temperature: number) => annotateImage(plain(640, 480), scores({ temperature }), { info });
    expect((await at(21.5)).equals(await at(21.6))).toBe(false);
  });

  it('show the score of an anomaly block apart from the labels, without a bar', async () => {
    const labels = { cat: 0.9, dog: 0.1 };
    const info = classifierWithAnomaly(['cat', 'dog']);
    const draw = (result: Record<string, number>) => annotateImage(plain(640, 480), scores(result), { info });
    const none = await Picture.read(await draw(labels));
    const [small, large] = [
      await draw({ ...labels, anomaly: 0.3 }),
      await draw({ ...labels, anomaly: 12.5 }),
    ];
    expect(small.equals(large)).toBe(false);
    expect((await Picture.read(small)).changed(0, 0, 640, 480)).toBeGreaterThan(none.changed(0, 0, 640, 480));
  });

  it('are left out where there is no room', async () => {
    const picture = await Picture.read(await annotateImage(plain(5, 5), scores({ cat: 1 })));
    expect(picture.changed(0, 0, 5, 5)).toBe(0);
  });
});

describe('tracked objects', () => {
  const info = detector('mobilenet-ssd', ['cup']);
  const box = detected('cup', 0.9, { x: 200, y: 200, width: 80, height: 60 });
  const object = { ...box, objectId: 7, unseenFrames: 0, lastCentroidSegment: [0, 0, 0, 0] as const };
  const trail = [
    { x: 40, y: 330 },
    { x: 140, y: 330 },
    { x: 240, y: 230 },
  ];

  it('carry their id on the tag', async () => {
    const draw = async (objectId: number | undefined) => {
      const boxes = [{ ...box, ...(objectId !== undefined && { objectId }) }];
      return Picture.read(await annotateImage(plain(400, 400), objects(boxes), { info }));
    };
    const [none, seven, eight] = [await draw(undefined), await draw(7), await draw(8)];
    expect(seven.data.equals(eight.data)).toBe(false);
    expect(seven.changed(200, 185, 200, 14)).toBeGreaterThan(none.changed(200, 185, 200, 14));
  });

  it('leave a trail in the colour of their label where their centres have been', async () => {
    const classification = { ...objects([{ ...box, objectId: 7 }]), tracked: [{ ...object, trail }] };
    const picture = await Picture.read(await annotateImage(plain(400, 400), classification, { info }));
    for (const [x, y] of [
      [60, 330],
      [120, 330],
    ] as const) {
      expect(picture.at(x, y)).toEqual(AMBER);
    }
    expect(picture.changed(190, 280, 1, 1)).toBe(1);
    expect(picture.changed(0, 345, 400, 55)).toBe(0);
  });

  it('leave none while they are new or out of sight', async () => {
    for (const hidden of [
      { ...object, trail: trail.slice(0, 1) },
      { ...object, trail, unseenFrames: 2 },
    ]) {
      const classification = { ...objects([box]), tracked: [hidden] };
      const picture = await Picture.read(await annotateImage(plain(400, 400), classification, { info }));
      expect(picture.changed(0, 300, 400, 100)).toBe(0);
    }
  });

  it('may have been beyond the picture', async () => {
    const far = [
      { x: -500, y: 100 },
      { x: 900, y: 100 },
    ];
    const classification = { ...objects([box]), tracked: [{ ...object, trail: far }] };
    const picture = await Picture.read(await annotateImage(plain(400, 400), classification, { info }));
    expect(picture.changed(0, 100, 400, 1)).toBe(400);
  });
});

describe('visual anomaly', () => {
  const grid = [
    [0, 1, 0, 0],
    [0, 9, 2, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  const info = visualAnomaly(4);
  /** How far a pixel is from the plain gray. */
  const tint = (picture: Picture, x: number, y: number) =>
    picture.at(x, y).reduce((sum, value) => sum + Math.abs(value - 128), 0);

  it('colours each cell by its score, and lets the picture shine through', async () => {
    const picture = await Picture.read(await annotateImage(plain(400, 400), anomalyGrid(grid), { info }));
    // On gray, red grows over the whole range of colours.
    const [low, some, more, most] = [
      picture.at(350, 50)[0],
      picture.at(150, 50)[0],
      picture.at(250, 150)[0],
      picture.at(150, 150)[0],
    ];
    expect(tint(picture, 350, 50)).toBeGreaterThan(0);
    expect(some).toBeGreaterThan(low);
    expect(more).toBeGreaterThan(some);
    expect(most).toBeGreaterThan(more);
    expect(picture.at(150, 150)[2]).toBeGreaterThan(77);
  });

  it('draws a white line around the cells that reach the threshold, and no other', async () => {
    const at = async (threshold: number) =>
      Picture.read(
        await annotateImage(plain(400, 400), anomalyGrid(grid), { info: visualAnomaly(threshold) }),
      );
    const white = [255, 255, 255];
    const high = await at(4);
    expect(high.at(100, 150)).toEqual(white);
    expect(high.at(200, 150)).toEqual(white);
    expect(high.at(150, 100)).toEqual(white);
    expect(high.at(300, 150)).not.toEqual(white);
    const lower = await at(2);
    expect(lower.at(200, 150)).not.toEqual(white);
    expect(lower.at(300, 150)).toEqual(white);
    expect((await at(10)).at(100, 150)).not.toEqual(white);
  });

  it('covers only what the model saw of a picture', async () => {
    const geometry = {
      mode: 'fit-short',
      originalWidth: 600,
      originalHeight: 300,
      inputWidth: 96,
      inputHeight: 96,
    } as const;
    const picture = await Picture.read(
      await annotateImage(plain(600, 300), anomalyGrid(grid, geometry), { info }),
    );
    expect(picture.changed(0, 0, 150, 100)).toBe(0);
    expect(picture.changed(450, 0, 150, 300)).toBe(0);
    expect(picture.changed(150, 0, 300, 300)).toBe(300 * 300);
  });

  it('leaves out cells that lie in a padded border', async () => {
    const geometry = {
      mode: 'fit-long',
      originalWidth: 600,
      originalHeight: 300,
      inputWidth: 96,
      inputHeight: 96,
    } as const;
    const border = [
      [9, 9, 9, 9],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [9, 9, 9, 9],
    ];
    const picture = await Picture.read(
      await annotateImage(plain(600, 300), anomalyGrid(border, geometry), { info }),
    );
    expect(tint(picture, 300, 20)).toBeLessThan(60);
    expect(tint(picture, 300, 20)).toBe(tint(picture, 300, 140));
  });

  it('is captioned with the highest and the mean score', async () => {
    const at = (most: number) =>
      annotateImage(
        plain(640, 480),
        anomalyGrid([
          [0, 0],
          [0, most],
        ]),
        { info: visualAnomaly(20) },
      );
    const lower = async (picture: Promise<Buffer>) =>
      (await Picture.read(await picture)).data.subarray(640 * 380 * 3);
    expect((await lower(at(5))).equals(await lower(at(5.5)))).toBe(false);
  });

  it.each([
    ['no cell', []],
    ['rows of different length', [[1], [2, 3]]],
    [
      'negative scores alone',
      [
        [-1, -2],
        [-3, -4],
      ],
    ],
    ['fine cells', Array.from({ length: 60 }, () => new Array<number>(60).fill(1))],
  ])('survives a grid of %s', async (_what, odd) => {
    for (const options of [{}, { info: visualAnomaly(0) }, { info }]) {
      const picture = await Picture.read(await annotateImage(plain(90, 70), anomalyGrid(odd), options));
      expect([picture.width, picture.height]).toEqual([90, 70]);
    }
  });
});

describe('every kind of picture', () => {
  const size = { width: 160, height: 120 };
  const classification = objects([detected('cup', 0.9, { x: 40, y: 50, width: 60, height: 40 })], size);
  const info = detector('mobilenet-ssd', ['cup']);
  const base = () => sharp({ create: { ...size, channels: 3, background: '#808080' } });
  const kinds: Record<string, () => Promise<Buffer>> = {
    JPEG: () => base().jpeg().toBuffer(),
    'gray JPEG': () => base().toColourspace('b-w').jpeg().toBuffer(),
    'CMYK JPEG': () => base().toColourspace('cmyk').jpeg().toBuffer(),
    '16-bit PNG': () => base().toColourspace('rgb16').png().toBuffer(),
    'PNG with alpha': () => base().ensureAlpha(0.3).png().toBuffer(),
    'palette PNG': () => base().png({ palette: true }).toBuffer(),
    WebP: () => base().webp().toBuffer(),
    GIF: () => base().gif().toBuffer(),
    TIFF: () => base().tiff().toBuffer(),
  };

  it.each(Object.entries(kinds))(
    '%s gives a copy of its own size with the box on it',
    async (_name, make) => {
      for (const format of ['png', 'jpeg'] as const) {
        const encoded = await annotateImage(await make(), classification, { info, format });
        expect((await sharp(encoded).metadata()).format).toBe(format);
        const picture = await Picture.read(encoded);
        expect([picture.width, picture.height]).toEqual([160, 120]);
        const [r, g, b] = picture.at(40, 70);
        const tolerance = format === 'png' ? 0 : 40;
        expect(Math.abs(r - AMBER[0])).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(g - AMBER[1])).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(b - AMBER[2])).toBeLessThanOrEqual(tolerance);
      }
    },
  );

  it('a BMP, which sharp alone can not read', async () => {
    const picture = await Picture.read(await annotateImage(bmp(160, 120), classification, { info }));
    expect(picture.at(40, 70)).toEqual(AMBER);
    expect(picture.at(10, 110)).toEqual(GRAY);
  });

  it.each([1, 2, 3, 4] as const)('a raw frame of %i channels', async (channels) => {
    const data = new Uint8Array(160 * 120 * channels).fill(128);
    const picture = await Picture.read(
      await annotateImage({ data, ...size, channels }, classification, { info }),
    );
    expect(picture.at(40, 70)).toEqual(AMBER);
    expect(picture.at(10, 110)).toEqual(GRAY);
  });

  it('a rotated JPEG: drawn on the stored pixels, without the orientation that would turn them', async () => {
    const rotated = await base().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const encoded = await annotateImage(rotated, classification, { info });
    const metadata = await sharp(encoded).metadata();
    expect([metadata.width, metadata.height, metadata.orientation]).toEqual([160, 120, undefined]);
    expect((await Picture.read(encoded)).at(40, 70)).toEqual(AMBER);
  });

  it.each([
    [1, 1],
    [2, 3],
    [1, 500],
    [500, 1],
    [24, 24],
  ])('%i x %i pixels', async (width, height) => {
    const full = objects([detected('cup', 0.9, { x: 0, y: 0, width, height })]);
    const picture = await Picture.read(await annotateImage(plain(width, height), full, { info }));
    expect([picture.width, picture.height]).toEqual([width, height]);
    expect(picture.changed(0, 0, width, height)).toBeGreaterThan(0);
  });

  it('does not change the frame that was given', async () => {
    const frame = plain(160, 120);
    await annotateImage(frame, classification, { info });
    expect(frame.data.every((value) => value === 128)).toBe(true);
  });
});

describe('on a machine without any font', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'impulse-fonts-'));
    writeFileSync(join(folder, 'fonts.conf'), '<fontconfig></fontconfig>');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('the picture is the same to the byte', async () => {
    const script = `
      import { annotateImage } from ${JSON.stringify(new URL('../../dist/annotate/annotate-image.js', import.meta.url).href)};
      const data = new Uint8Array(300 * 200 * 3).fill(128);
      const rect = { x: 40, y: 60, width: 100, height: 80 };
      const boxes = [{ label: 'Grüße <cup>', score: 0.87, original: rect, input: rect }];
      const response = { success: true, result: { cat: 0.25 }, boundingBoxes: [] };
      const png = await annotateImage({ data, width: 300, height: 200, channels: 3 }, { response, boxes });
      process.stdout.write(png);`;
    const run = (env: Record<string, string>) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...env } });
    const here = run({});
    const bare = run({ FONTCONFIG_FILE: join(folder, 'fonts.conf') });
    expect(here.stderr.toString()).toBe('');
    expect(here.stdout.length).toBeGreaterThan(1000);
    expect(bare.stdout.equals(here.stdout)).toBe(true);
  });
});

/** A gray 24-bit BMP. */
function bmp(width: number, height: number): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height, 128);
  file.fill(0, 0, 54);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.writeUInt32LE(stride * height, 34);
  return file;
}
