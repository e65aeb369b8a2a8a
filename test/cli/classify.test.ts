import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL_COLOURS } from '../../src/annotate/palette.js';
import { openDeployment } from '../../src/index.js';
import { COMMAND, commandWithoutAddon, impulse, ownMessages } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
let red: string;
let green: string;
let black: string;
beforeAll(async () => {
  space = makeWorkspace();
  red = await space.draw('red.png', { '#ff0000': [80, 60] });
  green = await space.draw('green.jpg', { '#00ff00': [160, 120] });
  black = await space.draw('black.png');
  writeFileSync(space.at('broken.jpg'), 'this is text');
});
afterAll(() => space.remove());

async function answerOf(deployment: string, picture: string): Promise<unknown> {
  const opened = await openDeployment(deployment);
  try {
    return await opened.classifyImage(picture);
  } finally {
    await opened.close();
  }
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('impulse classify refuses', () => {
  it.each([
    ['a deployment that is not there', 1, () => [space.at('missing.zip'), red], 'ERR_DEPLOYMENT_NOT_FOUND'],
    ['a deployment that is none', 1, () => [space.at('broken.jpg'), red], 'ERR_'],
    [
      'a picture that is not there',
      1,
      () => [space.detector, space.at('missing.jpg')],
      'ERR_INPUT_NOT_FOUND',
    ],
    ['a text file called .jpg', 1, () => [space.detector, space.at('broken.jpg')], 'ERR_INPUT_IMAGE'],
    [
      'an unknown threshold, naming the nearest',
      2,
      () => [space.detector, red, '--threshold', 'min_scor=1'],
      "'min_score'",
    ],
    [
      'a threshold out of range',
      2,
      () => [space.detector, red, '--threshold', 'min_score=7'],
      'ERR_THRESHOLD_INVALID',
    ],
    [
      'an engine that can not run the model',
      3,
      () => [space.detector, red, '--engine', 'onnx'],
      'ERR_UNSUPPORTED_ENGINE',
    ],
    [
      'a folder for copies that can not be made',
      2,
      () => [space.detector, red, '--annotate', red],
      'ERR_OPTION_INVALID',
    ],
  ])('%s', async (_what, expected, args, message) => {
    const { code, stdout, stderr } = await impulse(['classify', ...args()]);
    expect(stderr).toMatch(/^impulse: .*\n/);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(expected);
  });

  it('shows the stack only where IMPULSE_DEBUG=1 asks for it', async () => {
    const args = ['classify', space.at('missing.zip'), red];
    const { stderr } = await impulse(args, { env: { IMPULSE_DEBUG: '1' } });
    expect(stderr).toMatch(/\n\s+at /);
  });
});

describe('impulse classify', () => {
  it('prints a summary with pixels of the original picture', async () => {
    const { code, stdout } = await impulse(['classify', space.detector, red]);
    expect(stdout.split('\n')).toEqual([
      `${red}  320 x 240`,
      '  1 object',
      '  label   score   x   y  width  height',
      expect.stringMatching(/^ {2}red {4}0\.\d{4} {2}80 {2}60 {5}80 {6}60$/),
      '',
    ]);
    expect(code).toBe(0);
  });

  it('says so where nothing was found', async () => {
    const { stdout } = await impulse(['classify', space.detector, black]);
    expect(stdout).toContain('nothing found above min_score 0.5');
  });

  it('honours thresholds', async () => {
    const { stdout } = await impulse(['classify', space.detector, red, '--threshold', 'min_score=0.99999']);
    expect(stdout).toContain('nothing found above min_score 0.99999');
  });

  it('lists the labels of a classification, best first', async () => {
    const { stdout } = await impulse(['classify', space.classifier, red, '-q']);
    expect(stdout).toMatch(/\n {2}0\.\d{4} {2}red\n/);
    expect(stdout).not.toContain('\u001b');
  });

  it('with --json and one picture prints exactly the response of classifyImage()', async () => {
    for (const deployment of [space.detector, space.classifier]) {
      const { code, stdout } = await impulse(['classify', deployment, green, '--json']);
      expect(stdout).toBe(`${JSON.stringify(await answerOf(deployment, green))}\n`);
      expect(code).toBe(0);
    }
  });

  it('with --json and one bad picture prints the response of a failure', async () => {
    const { code, stdout, stderr } = await impulse([
      'classify',
      space.detector,
      space.at('broken.jpg'),
      '--json',
    ]);
    expect(linesOf(stdout)).toEqual([{ success: false, error: expect.stringContaining('broken.jpg') }]);
    expect(stderr).toContain('ERR_INPUT_IMAGE');
    expect(code).toBe(1);
  });

  it('with --json and several pictures prints JSON Lines in the order given, and goes on after a failure', async () => {
    const pictures = [green, space.at('broken.jpg'), red, black, space.at('missing.png')];
    const { code, stdout, stderr } = await impulse(['classify', space.detector, ...pictures, '--json']);
    const lines = linesOf(stdout);
    expect(lines.map(({ file }) => file)).toEqual(pictures);
    expect(lines.map(({ success }) => success)).toEqual([true, false, true, true, false]);
    expect(lines[2]).toEqual({ file: red, ...((await answerOf(space.detector, red)) as object) });
    expect(stdout.split('\n')[0]).toMatch(/^\{"file":/);
    expect(stderr).toContain('missing.png');
    expect(code).toBe(1);
  });

  it('takes the pictures of a folder, as JSON Lines even where it is only one', async () => {
    mkdirSync(space.at('frames'), { recursive: true });
    copyFileSync(red, space.at('frames', 'frame10.png'));
    copyFileSync(red, space.at('frames', 'frame9.png'));
    const { code, stdout } = await impulse(['classify', space.detector, space.at('frames'), '--json']);
    expect(linesOf(stdout).map(({ file }) => basename(String(file)))).toEqual(['frame9.png', 'frame10.png']);
    expect(code).toBe(0);
  });

  it('reads one picture from stdin', async () => {
    const { code, stdout } = await impulse(['classify', space.detector, '-', '--json'], {
      input: readFileSync(red),
    });
    expect(linesOf(stdout)).toEqual([await answerOf(space.detector, red)]);
    expect(code).toBe(0);
  });

  it('takes a description from another file', async () => {
    copyFileSync(space.detector, space.at('alone.tflite'));
    const args = [
      'classify',
      space.at('alone.tflite'),
      red,
      '--model-info',
      space.at('detector.json'),
      '--json',
    ];
    expect(linesOf((await impulse(args)).stdout)).toEqual([await answerOf(space.detector, red)]);
  });

  it('prints the times of the stages to stderr and leaves stdout as it is', async () => {
    const plain = await impulse(['classify', space.detector, red, '-q']);
    const timed = await impulse(['classify', space.detector, red, '-q', '--timing']);
    expect(timed.stdout).toBe(plain.stdout);
    expect(timed.stderr).toMatch(/stage +ms\n.*inference +\d+\.\d\d\n.*total +\d+\.\d\d\n/s);
  });

  it('prints the times as a line of JSON with --json', async () => {
    const { stdout, stderr } = await impulse(['classify', space.detector, red, '-q', '--timing', '--json']);
    expect(linesOf(stdout)).toEqual([await answerOf(space.detector, red)]);
    expect(linesOf(stderr)).toEqual([
      {
        file: red,
        engines: [expect.any(String)],
        timing: expect.objectContaining({ inferenceMs: expect.any(Number) }),
      },
    ]);
  });

  it('says which engine takes over and why, unless it is told to be quiet', async () => {
    const command = commandWithoutAddon(space.at('without-addon'));
    const loud = await impulse(['classify', space.detector, red], { command });
    expect(loud.stderr).toMatch(
      /^impulse: warning: engine litert-wasm takes over for detector\.tflite, because tflite can't run it: .+\n$/,
    );
    expect(loud.stdout).toContain('1 object');
    const quiet = await impulse(['classify', space.detector, red, '-q'], { command });
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).toBe(loud.stdout);
  });
});

describe('impulse classify --annotate', () => {
  async function pixel(path: string, x: number, y: number): Promise<number[]> {
    const { data } = await sharp(path)
      .extract({ left: x, top: y, width: 1, height: 1 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [...data.subarray(0, 3)];
  }

  it('draws what was found on copies beside which the originals stay untouched', async () => {
    const before = [readFileSync(red), readFileSync(green)];
    const folder = space.at('out', 'deep');
    const { code, stdout } = await impulse(['classify', space.detector, red, green, '--annotate', folder]);
    expect(code).toBe(0);
    expect(stdout).toContain('red.annotated.png');
    expect(readdirSync(folder).sort()).toEqual(['green.annotated.jpg', 'red.annotated.png']);
    expect([readFileSync(red), readFileSync(green)]).toEqual(before);
    const copy = space.at('out', 'deep', 'red.annotated.png');
    expect(await sharp(copy).metadata()).toMatchObject({ width: 320, height: 240, format: 'png' });
    // The dot at the centroid of the one cell that is red, in the colour of the first label.
    const amber = [1, 3, 5].map((at) => Number.parseInt(LABEL_COLOURS[0].slice(at, at + 2), 16));
    const centre = await pixel(copy, 119, 89);
    centre.forEach((value, channel) => {
      expect(Math.abs(value - (amber[channel] ?? 0))).toBeLessThan(40);
    });
    expect(await pixel(copy, 300, 20)).toEqual([0, 0, 0]);
    expect(await pixel(copy, 85, 115)).toEqual([255, 0, 0]);
  });

  it('keeps pictures of one name from two folders apart', async () => {
    for (const name of ['one', 'two']) {
      mkdirSync(space.at(name), { recursive: true });
      copyFileSync(red, space.at(name, 'same.png'));
    }
    const folder = space.at('clash');
    const args = ['classify', space.detector, space.at('one', 'same.png'), space.at('two', 'same.png')];
    await impulse([...args, '--annotate', folder]);
    expect(readdirSync(folder).sort()).toEqual(['same.annotated-2.png', 'same.annotated.png']);
  });

  it('leaves the response as it is', async () => {
    const args = ['classify', space.detector, red, '--json'];
    const plain = await impulse(args);
    expect((await impulse([...args, '--annotate', space.at('json-out')])).stdout).toBe(plain.stdout);
  });

  it('captions a classification', async () => {
    await impulse(['classify', space.classifier, black, '--annotate', space.at('caption')]);
    const { channels } = await sharp(space.at('caption', 'black.annotated.png')).stats();
    expect(channels[0]?.max).toBeGreaterThan(200);
  });
});

/** Black, 320 x 240, with one full red square of a cell of the detector: 80 x 60 pixels. */
function rawScene(left: number, top: number): Uint8Array {
  const data = new Uint8Array(320 * 240 * 3);
  for (let y = top; y < top + 60; y++) {
    for (let x = left; x < left + 80; x++) data[(y * 320 + x) * 3] = 255;
  }
  return data;
}

describe('impulse classify --frames', () => {
  const frames = ['-', '--frames', '320x240'];
  const first = rawScene(80, 60);
  const second = rawScene(160, 60);

  it('prints a line of JSON for each raw frame on stdin', async () => {
    const input = Buffer.concat([first, second]);
    const { code, stdout, stderr } = await impulse(['classify', space.detector, ...frames, '--json'], {
      input,
    });
    const lines = linesOf(stdout);
    expect(lines[0]).toEqual({ frame: 0, ...((await answerOf(space.detector, red)) as object) });
    expect(lines.map(({ frame }) => frame)).toEqual([0, 1]);
    expect(stdout).toMatch(/^\{"frame":0,/);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('prints summaries without --json', async () => {
    const { stdout } = await impulse(['classify', space.detector, ...frames], { input: first });
    expect(stdout).toMatch(/^frame 0 {2}320 x 240\n {2}1 object\n/);
  });

  it('gives a result before the next frame has come', async () => {
    const child = spawn(process.execPath, [COMMAND, 'classify', space.detector, ...frames, '--json', '-q']);
    child.stdin.write(first);
    const [line] = await once(child.stdout, 'data');
    expect(JSON.parse(String(line))).toMatchObject({ frame: 0, success: true });
    child.stdin.end();
    expect((await once(child, 'close'))[0]).toBe(0);
  });

  it('classifies the newest frames only with --latest, the last one always, and counts the others', async () => {
    const count = 60;
    const { code, stdout, stderr } = await impulse(
      ['classify', space.detector, ...frames, '--json', '--latest'],
      { input: Buffer.concat(Array.from({ length: count }, () => first)) },
    );
    expect(code).toBe(0);
    const numbers = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { frame: number }).frame);
    expect(numbers.at(-1)).toBe(count - 1);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const dropped = count - numbers.length;
    expect(ownMessages(stderr)).toBe(
      dropped === 0
        ? ''
        : `impulse: warning: ${dropped} frames were passed over, because newer ones had come\n`,
    );
  });

  it('gives the results of the whole frames, then an error, where the last frame is cut off', async () => {
    const input = Buffer.concat([first, second.subarray(0, 1000)]);
    const { code, stdout, stderr } = await impulse(['classify', space.detector, ...frames, '--json'], {
      input,
    });
    expect(linesOf(stdout).map(({ frame }) => frame)).toEqual([0]);
    expect(stderr).toMatch(
      /^impulse: .*within frame 1: expected 320 x 240 RGB .*received 1000.*\[ERR_INPUT_LENGTH\]\n$/,
    );
    expect(code).toBe(1);
  });

  it('says so where no frame comes at all', async () => {
    const { code, stdout, stderr } = await impulse(['classify', space.detector, ...frames]);
    expect(stderr).toContain('stdin ended without a frame');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('numbers the annotated copies', async () => {
    const folder = space.at('frame-copies');
    const input = Buffer.concat([first, second]);
    await impulse(['classify', space.detector, ...frames, '--annotate', folder], { input });
    expect(readdirSync(folder).sort()).toEqual(['frame0.annotated.png', 'frame1.annotated.png']);
  });
});

describe('impulse classify --track', () => {
  it('adds the tracked objects to each line, measured as the boxes are', async () => {
    const input = Buffer.concat([rawScene(80, 60), rawScene(80, 60), new Uint8Array(320 * 240 * 3)]);
    const args = ['classify', space.detector, '-', '--frames', '320x240', '--json', '--track'];
    for (const coordinates of ['model-input', 'original']) {
      const { stdout } = await impulse([...args, '--coordinates', coordinates], { input });
      const lines = linesOf(stdout) as { boundingBoxes: object[]; tracked: object[] }[];
      const seen = { object_id: 0, ...lines[0]?.boundingBoxes[0], unseen_frames: 0 };
      expect(lines.map(({ tracked }) => tracked)).toEqual([
        [seen],
        [{ ...seen, score: expect.any(Number) }],
        [expect.objectContaining({ object_id: 0, label: 'red', unseen_frames: 1 })],
      ]);
    }
  });

  it('shows ids in the summary, and goes on over a picture that can not be used', async () => {
    const pictures = [red, space.at('broken.jpg'), red];
    const { code, stdout } = await impulse(['classify', space.detector, ...pictures, '--track']);
    expect(stdout.match(/^ {2}#0 {2}red /gm)).toHaveLength(2);
    expect(code).toBe(1);
  });

  it('is refused where nothing is detected', async () => {
    const { code, stdout, stderr } = await impulse(['classify', space.classifier, red, '--track']);
    expect(stderr).toContain('does not detect objects');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('a run that is cut short', () => {
  it('ends quietly where the reader of its results goes away', async () => {
    const many = Array.from({ length: 60 }, () => red);
    const child = spawn(process.execPath, [COMMAND, 'classify', space.detector, ...many, '--json', '-q']);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect(ownMessages(stderr)).toBe('');
    expect(code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with the usual code on %s and leaves no half-written file', async (signal, expected) => {
    const folder = space.at(signal);
    const args = ['classify', space.detector, red, '-', '--annotate', folder, '-q'];
    const child = spawn(process.execPath, [COMMAND, ...args]);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    // The first result is out; the second picture never comes.
    await once(child.stdout, 'data');
    child.kill(signal);
    const [code] = await once(child, 'close');
    expect(code).toBe(expected);
    expect(ownMessages(stderr)).toBe('');
    expect(readdirSync(folder)).toEqual(['red.annotated.png']);
  });
});
