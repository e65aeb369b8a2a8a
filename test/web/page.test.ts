import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LABEL_COLOURS } from '../../src/annotate/palette.js';
import { type RunningServer, startServer } from '../../src/server/server.js';
import {
  CHROMIUM_ARGS,
  describeWithChromium,
  example,
  MOTION_NUMBERS,
  SOUND,
  watchProblems,
  writeDeployments,
} from './browser.js';
import { wavFile } from './wav-file.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SHAPES = example('shapes.jpg');

describeWithChromium('the page', ({ path, env }) => {
  let folder: string;
  let deployments: string[];
  let server: RunningServer;
  let browser: Browser;
  const problems: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'impulse-page-'));
    deployments = await writeDeployments(folder);
    server = await startServer({ deployments, port: 0, data: join(folder, 'data') });
    const environment = { ...process.env, ...env } as Record<string, string>;
    browser = await chromium.launch({ executablePath: path, args: CHROMIUM_ARGS, env: environment });
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The page with a model open. */
  async function open(
    model?: string,
    options: BrowserContextOptions = {},
    { url }: { url: string } = server,
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1100, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write', 'camera', 'microphone'],
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    // The browser takes a moment to hand choosers over; with a listener from the beginning it does so all the time.
    page.on('filechooser', () => {});
    const found = watchProblems(page, url);
    context.on('close', () => problems.push(...found));
    await page.goto(`${url}/${model === undefined ? '' : `#model=${model}`}`);
    return page;
  }

  /** The API's own answer to the same question. */
  async function asked(model: string, query = ''): Promise<{ response: { boundingBoxes: unknown[] } }> {
    const form = new FormData();
    form.set('image', new Blob([await readFile(SHAPES)]), 'shapes.jpg');
    const answer = await fetch(`${server.url}/v1/models/${model}/classify/image${query}`, {
      method: 'POST',
      body: form,
    });
    return answer.json() as Promise<{ response: { boundingBoxes: unknown[] } }>;
  }

  const result = (page: Page): Locator => page.getByRole('region', { name: 'Result' });
  const rows = (page: Page): Locator => page.getByRole('table', { name: 'Objects' }).getByRole('row');

  async function choose(page: Page, file: Parameters<Locator['setInputFiles']>[0]): Promise<void> {
    await page.getByRole('heading', { name: 'Model', exact: true }).waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: /^Choose/ }).click(),
    ]);
    await chooser.setFiles(file as string);
  }

  /** Keeps the tracks of every camera and microphone that is opened; lent, if told so, only at `allow()`. */
  async function watchDevices(page: Page, { waits = false } = {}): Promise<void> {
    await page.getByRole('heading', { name: 'Model', exact: true }).waitFor();
    await page.evaluate(`(() => {
      window.tracks = [];
      const allowed = new Promise((resolve) => { window.allow = resolve; });
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (${waits}) await allowed;
        const stream = await open(wanted);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
    })()`);
  }

  /** `live` or `ended` for each that was opened. */
  const devices = (page: Page): Promise<string[]> =>
    page.evaluate('window.tracks.map(({ readyState }) => readyState)');

  /** Keeps every picture that the browser decodes. */
  async function watchBitmaps(page: Page): Promise<void> {
    await page.evaluate(`(() => {
      window.bitmaps = [];
      const create = window.createImageBitmap;
      window.createImageBitmap = async (...wanted) => {
        const bitmap = await create(...wanted);
        window.bitmaps.push(bitmap);
        return bitmap;
      };
    })()`);
  }

  /** Of the pictures that were decoded; a closed one is 0 wide. */
  const widths = (page: Page): Promise<number[]> => page.evaluate('window.bitmaps.map(({ width }) => width)');

  async function clickTwice(page: Page, id: string): Promise<void> {
    await page.evaluate(`for (let count = 0; count < 2; count++) document.getElementById('${id}').click()`);
  }

  async function contains(place: Locator, text: string): Promise<void> {
    await place.getByText(text).first().waitFor();
  }

  /** Of the picture on the page, at a place in pixels of the picture's own. */
  async function pixel(page: Page, x: number, y: number, width: number): Promise<number[]> {
    return page.evaluate(
      `(() => {
        const canvas = document.getElementById('picture');
        const scale = canvas.width / ${width};
        const { data } = canvas.getContext('2d').getImageData(Math.round(${x} * scale), Math.round(${y} * scale), 1, 1);
        return [...data].slice(0, 3);
      })()`,
    );
  }

  it('shows what a detector finds, in a table and over the picture', async () => {
    const page = await open();
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    const { response } = await asked('shapes.zip');
    expect(response.boundingBoxes).toHaveLength(7);
    expect(await rows(page).count()).toBe(1 + 7);
    const texts = await rows(page).nth(1).getByRole('cell').allTextContents();
    const [, x = 0, y = 0, width = 0, height = 0] = texts.map(Number);
    const label = await rows(page).nth(1).getByRole('rowheader').textContent();
    const colour = LABEL_COLOURS[['circle', 'square', 'triangle'].indexOf(label ?? '')] ?? '';
    const expected = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    expect(await pixel(page, x + width / 2, y + height / 2, 640)).toEqual(expected);
    await page
      .getByRole('img', { name: /^shapes\.jpg\. 7 found: 3 triangle, 2 circle, 2 square\.$/ })
      .waitFor();
    await contains(page.getByRole('table', { name: 'Time of each stage' }), 'Round trip');
    await page.getByRole('status').getByText('7 found').waitFor({ state: 'attached' });
  });

  it("asks again when a threshold is moved, and goes back to the model's own", async () => {
    const page = await open('shapes.zip');
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    const slider = page.getByRole('slider', { name: 'Minimum score' });
    const reset = page.getByRole('button', { name: 'Reset' });
    expect(await reset.isDisabled()).toBe(true);
    const { response } = await asked('shapes.zip', '?threshold=min_score=1');
    expect(response.boundingBoxes.length).toBeLessThan(7);
    await slider.press('End');
    await contains(
      result(page),
      response.boundingBoxes.length === 0 ? 'Nothing found' : `${response.boundingBoxes.length} found`,
    );
    await reset.click();
    await contains(result(page), '7 found');
    expect(await slider.inputValue()).toBe('0.5');
    expect(await reset.isDisabled()).toBe(true);
  });

  it('switches the model, asks it the same, and writes it into the address', async () => {
    const page = await open('shapes.zip');
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    await page.getByRole('combobox', { name: 'Model' }).selectOption('colours.tflite');
    await contains(result(page), 'green');
    expect(new URL(page.url()).hash).toBe('#model=colours.tflite');
    await contains(page.getByRole('region', { name: 'Model' }), 'image 8 × 8, RGB, fit-short');
    expect(await page.getByRole('slider').count()).toBe(0);
  });

  it('opens the model that the address names, also when that changes', async () => {
    const page = await open('grid.tflite');
    await contains(page.getByRole('region', { name: 'Model' }), 'visual-anomaly');
    await page.evaluate("location.hash = '#model=sound.zip'");
    await contains(page.getByRole('region', { name: 'Input' }), 'Drop a WAV file here');
    expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('sound.zip');
  });

  it('says what the API says of a model that is not there, and leaves the choice', async () => {
    const page = await open('missing.zip');
    const alert = result(page).getByRole('alert');
    await contains(alert, "There is no model 'missing.zip'. There are: shapes.zip");
    await contains(alert, 'ERR_REGISTRY_NOT_FOUND');
    await page.getByRole('combobox', { name: 'Model' }).selectOption('shapes.zip');
    await page.getByRole('button', { name: 'Choose picture' }).waitFor();
    expect(await alert.count()).toBe(0);
  });

  it('hands over the JSON of the API, to the letter, and the same request for a terminal', async () => {
    const page = await open('shapes.zip');
    await choose(page, SHAPES);
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
    await page.getByText('JSON copied').waitFor();
    const { response } = await asked('shapes.zip');
    expect(JSON.parse(await clipboard())).toEqual(response);
    await page.getByRole('button', { name: 'Copy curl' }).click();
    await page.getByText('curl command copied').waitFor();
    expect(await clipboard()).toBe(
      `curl -F image=@shapes.jpg ${server.url}/v1/models/shapes.zip/classify/image`,
    );
    await page.getByText('JSON', { exact: true }).click();
    const shown = page.getByLabel('The answer as JSON');
    await expect.poll(async () => JSON.parse((await shown.inputValue()) || 'null')).toEqual(response);
  });

  it('copies also where the browser gives a page no clipboard, as over plain HTTP from another machine', async () => {
    const page = await open();
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.reload();
    await choose(page, SHAPES);
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    await page.getByText('JSON copied').waitFor();
    const other = await open();
    const { response } = await asked('shapes.zip');
    expect(JSON.parse(await other.evaluate('navigator.clipboard.readText()'))).toEqual(response);
  });

  it('saves the picture with its result, in its own size', async () => {
    const page = await open('shapes.zip', { viewport: { width: 320, height: 640 } });
    await choose(page, SHAPES);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download picture' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('shapes-annotated.png');
    const saved = sharp(await readFile(await download.path()));
    expect(await saved.metadata()).toMatchObject({ format: 'png', width: 640, height: 480 });
    const pixels = async (image: Sharp) => image.removeAlpha().raw().toBuffer();
    const [drawn, plain] = [await pixels(saved), await pixels(sharp(SHAPES))];
    const changed = plain.filter((value, index) => Math.abs(value - (drawn[index] ?? 0)) > 40).length;
    expect(changed / plain.length).toBeGreaterThan(0.01);
    expect(changed / plain.length).toBeLessThan(0.2);
  });

  it('sorts the scores of a classification, best first', async () => {
    const page = await open('colours.tflite');
    const buffer = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#00f' } })
      .png()
      .toBuffer();
    await choose(page, { name: 'blue.png', mimeType: 'image/png', buffer } as never);
    const items = result(page).getByRole('listitem');
    await items.first().waitFor();
    expect(await items.allTextContents()).toEqual(['blue1.00', 'red0.00', 'green0.00']);
  });

  it('lays a heat map where the pixels were, and not where the model saw none', async () => {
    const page = await open('grid.tflite');
    const background = { r: 128, g: 128, b: 128 };
    const buffer = await sharp({ create: { width: 400, height: 200, channels: 3, background } })
      .png()
      .toBuffer();
    await choose(page, { name: 'gray.png', mimeType: 'image/png', buffer } as never);
    await contains(result(page), '1 of 9 cells anomalous');
    // fit-short cut the picture's middle out: 100 to 300.
    expect(await pixel(page, 50, 20, 400)).toEqual([128, 128, 128]);
    expect(await pixel(page, 350, 20, 400)).toEqual([128, 128, 128]);
    const [red = 0, , blue = 0] = await pixel(page, 265, 30, 400);
    expect(red - blue).toBeGreaterThan(60);
    const slider = page.getByRole('slider', { name: 'Anomaly from' });
    await slider.press('Home');
    await contains(result(page), '5 of 9 cells anomalous');
    await page.getByLabel('Score of the picture').selectOption('mean');
    await contains(result(page), '5 of 9 cells anomalous');
  });

  it('shows tensors that nobody decodes', async () => {
    const page = await open('tensors.tflite');
    await choose(page, SHAPES);
    await contains(result(page), 'float32 [1, 3, 3]');
    await contains(result(page), '0.5, 1, 8, 0, 0.5, 1, 0, 0, 0');
  });

  it("tells in the API's words what is wrong with a picture, and takes the next", async () => {
    const page = await open('shapes.zip');
    await choose(page, {
      name: 'broken.png',
      mimeType: 'image/png',
      buffer: Buffer.from('no picture'),
    } as never);
    const alert = result(page).getByRole('alert');
    await contains(alert, 'is not JPEG, PNG');
    await contains(alert, 'ERR_INPUT_IMAGE');
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    expect(await alert.count()).toBe(0);
  });

  it('shows a picture as the server sees it: as it is stored, not as its EXIF orientation turns it', async () => {
    const page = await open('shapes.zip');
    const buffer = await sharp(SHAPES).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    await choose(page, { name: 'turned.jpg', mimeType: 'image/jpeg', buffer } as never);
    await contains(result(page), '7 found');
    await contains(page.getByRole('region', { name: 'Input' }), '640 × 480 · shown as it is stored');
    const box = await page.getByRole('img', { name: /^turned/ }).boundingBox();
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(640 / 480, 1);
  });

  it('turns a picture once where the server turns it, however often it is asked about', async () => {
    const data = join(folder, 'turning');
    const deployment = example('shapes.zip');
    const turning = await startServer({
      deployments: [deployment],
      port: 0,
      data,
      open: { orientation: 'exif' },
    });
    const page = await open('shapes.zip', {}, turning);
    await watchBitmaps(page);
    const buffer = await sharp(SHAPES).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    await choose(page, { name: 'turned.jpg', mimeType: 'image/jpeg', buffer } as never);
    await contains(page.getByRole('region', { name: 'Input' }), '480 × 640 · turned by its EXIF orientation');
    const before = await result(page).textContent();
    await page.getByRole('slider', { name: 'Minimum score' }).press('End');
    await expect.poll(() => result(page).textContent()).not.toBe(before);
    expect(await widths(page)).toEqual([640, 480]);
    await choose(page, SHAPES);
    await contains(page.getByRole('region', { name: 'Input' }), '640 × 480');
    await expect.poll(() => widths(page)).toEqual([0, 0, 640]);
    await page.context().close();
    await turning.close();
  });

  it('keeps no pixels of a picture when the next has come, be it a file or a frame', async () => {
    const page = await open('shapes.zip');
    await watchBitmaps(page);
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    expect(await widths(page)).toEqual([640]);
    await page.getByRole('combobox', { name: 'Model' }).selectOption('fomo.zip');
    await page.waitForURL(/#model=fomo\.zip$/);
    await page.getByRole('table', { name: 'Time of each stage' }).waitFor();
    expect(await widths(page)).toEqual([640]);
    await choose(page, SHAPES);
    await expect.poll(() => widths(page)).toEqual([0, 640]);
    await page.getByRole('button', { name: 'Use camera' }).click();
    await page.setViewportSize({ width: 700, height: 600 });
    await page.getByText(/^[\d.]+ fps, [\d.]+ ms$/).waitFor();
    expect(await widths(page)).toEqual([0, 0]);
  });

  it('takes a picture that is pasted or dropped', async () => {
    const page = await open('shapes.zip');
    await page.getByRole('button', { name: 'Choose picture' }).waitFor();
    const bytes = (await readFile(SHAPES)).toString('base64');
    const send = (type: string, field: string, kind: string) =>
      page.evaluate(`(() => {
        const bytes = Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], '${type}.jpg', { type: 'image/jpeg' }));
        document.body.dispatchEvent(new ${kind}('${type}', { ${field}: data, bubbles: true, cancelable: true }));
      })()`);
    await send('paste', 'clipboardData', 'ClipboardEvent');
    await page.getByRole('img', { name: /^paste\.jpg\. 7 found/ }).waitFor();
    await send('drop', 'dataTransfer', 'DragEvent');
    await page.getByRole('img', { name: /^drop\.jpg\. 7 found/ }).waitFor();
  });

  it('asks about a camera frame by frame, one at a time, until it is stopped', async () => {
    const page = await open('shapes.zip');
    let [open_, most, answers] = [0, 0, 0];
    const isQuestion = (url: string) => url.includes('/classify/');
    page.on('request', (request) => {
      if (isQuestion(request.url())) most = Math.max(most, ++open_);
    });
    page.on('requestfinished', (request) => {
      if (!isQuestion(request.url())) return;
      open_--;
      answers++;
    });
    await page.getByRole('button', { name: 'Use camera' }).click();
    await page.getByText(/^[\d.]+ fps, [\d.]+ ms$/).waitFor();
    await expect.poll(() => answers, { timeout: 20_000 }).toBeGreaterThan(4);
    await page.getByRole('button', { name: 'Stop camera' }).click();
    await page.getByRole('button', { name: 'Use camera' }).waitFor();
    await expect.poll(() => open_).toBe(0);
    const stopped = answers;
    // The last frame stays, and can be asked about like any other picture.
    await page.getByRole('slider', { name: 'Minimum score' }).press('Home');
    await expect.poll(() => answers, { timeout: 20_000 }).toBe(stopped + 1);
    expect(most).toBe(1);
  });

  it('opens the camera once, however often it is clicked, and gives it back', async () => {
    const page = await open('shapes.zip');
    await watchDevices(page);
    await clickTwice(page, 'camera');
    await page.getByText(/^[\d.]+ fps, [\d.]+ ms$/).waitFor();
    expect(await devices(page)).toEqual(['live']);
    await page.getByRole('button', { name: 'Stop camera' }).click();
    await page.getByRole('button', { name: 'Use camera' }).waitFor();
    expect(await devices(page)).toEqual(['ended']);
  });

  it('gives the camera back where a picture was chosen while the browser asked', async () => {
    const page = await open('shapes.zip');
    await watchDevices(page, { waits: true });
    await page.getByRole('button', { name: 'Use camera' }).click();
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    await page.evaluate('window.allow()');
    await expect.poll(() => devices(page)).toEqual(['ended']);
    await page.getByRole('button', { name: 'Use camera' }).waitFor();
    await contains(result(page), '7 found');
  });

  it('gives the camera back where it shows nothing', async () => {
    const page = await open('shapes.zip');
    await watchDevices(page);
    await page.evaluate(
      "HTMLVideoElement.prototype.play = () => Promise.reject(new Error('There is no video.'))",
    );
    await page.getByRole('button', { name: 'Use camera' }).click();
    await contains(result(page).getByRole('alert'), 'There is no video.');
    expect(await devices(page)).toEqual(['ended']);
  });

  it('shows the file that was given last, whichever is read first', async () => {
    const page = await open('sound.zip');
    await page.getByRole('heading', { name: 'Model', exact: true }).waitFor();
    await page.evaluate(`(() => {
      const read = File.prototype.arrayBuffer;
      const slow = new Promise((resolve) => { window.goOn = resolve; });
      window.reads = 0;
      File.prototype.arrayBuffer = async function () {
        if (this.name.startsWith('slow')) await slow;
        const bytes = await read.call(this);
        window.reads++;
        return bytes;
      };
    })()`);
    const file = (name: string, value: number) => {
      const samples = Array.from({ length: SOUND.samples }, () => value);
      return choose(page, {
        name,
        mimeType: 'audio/wav',
        buffer: Buffer.from(wavFile({ samples })),
      } as never);
    };
    await file('slow.wav', 100);
    await file('fast.wav', 300);
    await contains(result(page), '300');
    await file('slow-too.wav', 100);
    await page.getByRole('combobox', { name: 'Model' }).selectOption('motion.zip');
    const input = page.getByRole('region', { name: 'Input' });
    await contains(input, 'Drop a CSV file here');
    await page.evaluate('window.goOn()');
    await expect.poll(() => page.evaluate('window.reads')).toBe(3);
    expect(await page.getByRole('img', { name: /^slow/ }).count()).toBe(0);
    await contains(input, 'Drop a CSV file here');
    expect(await result(page).getByRole('alert').count()).toBe(0);
  });

  it('takes numbers, and says how many are missing', async () => {
    const page = await open('motion.zip');
    const field = page.getByLabel('Numbers', { exact: true });
    await field.fill('1, 2, 3');
    await page.getByText(`3 of ${MOTION_NUMBERS} numbers: ${MOTION_NUMBERS - 3} are missing`).waitFor();
    await field.fill('1, two');
    await page.getByText('Line 1: “two” is not a number.').waitFor();
    // Averages 1 and 2, minima 1 and 2: the model gives their sum.
    await field.fill('1 2\n'.repeat(MOTION_NUMBERS / 2));
    await page.getByRole('button', { name: 'Classify numbers' }).click();
    await contains(result(page), 'anomaly score');
    expect(await result(page).locator('.big').allTextContents()).toEqual([
      expect.stringMatching(/^6value$/),
      expect.stringMatching(/anomaly score$/),
    ]);
  });

  it('takes a table of samples, longer than a window, and moves the window by keyboard and pointer', async () => {
    const page = await open('motion.zip');
    const table = ['time,x,y', ...Array.from({ length: 30 }, (_, row) => `${row},${row},0`)].join('\n');
    await choose(page, { name: 'walk.csv', mimeType: 'text/csv', buffer: Buffer.from(table) } as never);
    await contains(page.getByRole('region', { name: 'Input' }), 'the column time was left out');
    const window = page.getByRole('slider', { name: 'Window' });
    // x: average 4.5 and minimum 0.
    await contains(result(page), '4.5');
    await window.press('End');
    // x from 20 to 29: average 24.5, minimum 20.
    await contains(result(page), '44.5');
    expect(await window.getAttribute('aria-valuetext')).toBe('0.20 to 0.30 s');
    await page.getByRole('img', { name: /^walk\.csv/ }).click({ position: { x: 2, y: 40 } });
    await contains(result(page), '4.5');
    expect(await window.inputValue()).toBe('0');
  });

  it('takes a WAV file exactly, and says what it did to others', async () => {
    const page = await open('sound.zip');
    const half = Array.from({ length: SOUND.samples / 2 }, () => [100, 300]).flat();
    const samples = [...half, ...half.map((value) => value * 10)];
    const file = (name: string, bytes: Uint8Array) =>
      choose(page, { name, mimeType: 'audio/wav', buffer: Buffer.from(bytes) } as never);
    await file('exact.wav', wavFile({ samples, bits: 24, code: 1 }));
    const caption = page.getByRole('region', { name: 'Input' });
    await contains(caption, '0.50 s at 16000 Hz');
    // 24 bits: a 256th, rounded as a 16-bit microphone would: 0 and 1.
    await contains(result(page), '0.5');
    await file('stereo.wav', wavFile({ samples, channels: 2 }));
    await contains(caption, 'mean of 2 channels');
    await contains(result(page), '1100');
    await file(
      'fast.wav',
      wavFile({ samples: Array.from({ length: 24_000 }, () => 1000), sampleRate: 48_000 }),
    );
    await contains(caption, 'resampled to 16000 Hz by the browser');
    // Ringing at the edges of the file is the browser's.
    await expect
      .poll(async () => Number.parseFloat((await result(page).locator('.big').textContent()) ?? ''))
      .toBeCloseTo(1000, -2);
    await file('broken.wav', wavFile({ samples: [] }));
    await contains(result(page).getByRole('alert'), 'holds no samples');
  });

  it('records sound until it is told to stop', async () => {
    const page = await open('sound.zip');
    await page.getByRole('button', { name: 'Record' }).click();
    await page.getByRole('button', { name: /^Stop \((0\.[5-9]|[1-9])/ }).click();
    await contains(page.getByRole('region', { name: 'Input' }), 'recording');
    await contains(result(page), 'value');
  });

  it('opens the microphone once, however often it is clicked, and gives it back', async () => {
    const page = await open('sound.zip');
    await watchDevices(page);
    await clickTwice(page, 'record');
    await page.getByRole('button', { name: /^Stop \(0\.[5-9]/ }).waitFor();
    expect(await devices(page)).toEqual(['live']);
    await page.getByRole('button', { name: /^Stop/ }).click();
    await contains(result(page), 'value');
    expect(await devices(page)).toEqual(['ended']);
  });

  it('gives the microphone back where recording fails after it was opened', async () => {
    const page = await open('sound.zip');
    await watchDevices(page);
    await page.evaluate(
      "AudioWorklet.prototype.addModule = () => Promise.reject(new Error('There is no recorder.'))",
    );
    await page.getByRole('button', { name: 'Record' }).click();
    await contains(result(page).getByRole('alert'), 'There is no recorder.');
    expect(await devices(page)).toEqual(['ended']);
    await page.getByRole('button', { name: 'Record', exact: true }).waitFor();
  });

  it('gives the microphone back where the model was changed while the browser asked', async () => {
    const page = await open('sound.zip');
    await watchDevices(page, { waits: true });
    await page.getByRole('button', { name: 'Record' }).click();
    await page.getByRole('combobox', { name: 'Model' }).selectOption('motion.zip');
    await contains(page.getByRole('region', { name: 'Input' }), 'Drop a CSV file here');
    await page.evaluate('window.allow()');
    await expect.poll(() => devices(page)).toEqual(['ended']);
    expect(await result(page).getByRole('alert').count()).toBe(0);
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open('shapes.zip');
    await page.getByRole('button', { name: 'Choose picture' }).waitFor();
    const focused = () =>
      page.evaluate<string>(
        "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent).trim()",
      );
    const seen: string[] = [];
    const next = async () => {
      await page.keyboard.press('Tab');
      seen.push(await focused());
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
    };
    for (let count = 0; count < 4; count++) await next();
    expect(seen).toEqual([
      'Skip to the result',
      'Model',
      expect.stringMatching(/colours$/),
      'Choose picture',
    ]);
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(SHAPES);
    await contains(result(page), '7 found');
    while (!seen.at(-1)?.startsWith('Minimum score') && seen.length < 20) await next();
    expect(seen.slice(4)).toEqual([
      'Use camera',
      'Copy JSON',
      'Copy curl',
      'Download picture',
      'Objects',
      expect.stringMatching(/^Minimum score/),
    ]);
    await page.keyboard.press('End');
    await expect.poll(() => result(page).textContent()).not.toContain('7 found');
  });

  it.each([
    ['shapes.zip', 'light', 1100],
    ['shapes.zip', 'dark', 320],
    ['colours.tflite', 'light', 320],
    ['grid.tflite', 'dark', 1100],
    ['sound.zip', 'light', 320],
    ['motion.zip', 'dark', 1100],
  ] as const)(
    'of %s has no accessibility violation in %s colours at %i pixels, and no sideways scrolling',
    async (model, colorScheme, width) => {
      const page = await open(model, {
        colorScheme,
        viewport: { width, height: 700 },
        reducedMotion: 'reduce',
      });
      const file = { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('1 2\n'.repeat(4000)) };
      await choose(page, model.endsWith('motion.zip') || model === 'sound.zip' ? (file as never) : SHAPES);
      await page.getByRole('table', { name: 'Time of each stage' }).waitFor();
      await page.evaluate(await readFile(AXE, 'utf8'));
      const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
        "axe.run(document, { resultTypes: ['violations'] })",
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    },
  );

  it('remembers the colours that were chosen', async () => {
    const page = await open('shapes.zip', { colorScheme: 'light' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.getByRole('button', { name: 'Dark colours' }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.getByRole('button', { name: 'Light colours' }).click();
    expect(await ground()).toBe(light);
  });

  it('says that the server is gone, and goes on when it is back', async () => {
    const data = join(folder, 'other');
    const first = await startServer({ deployments: [example('shapes.zip')], port: 0, data });
    const page = await open('shapes.zip', {}, first);
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    await first.close();
    await page.getByRole('slider', { name: 'Minimum score' }).press('ArrowRight');
    await contains(page.getByRole('alert').first(), 'The server does not answer');
    const { port } = first;
    const second = await startServer({ deployments: [example('shapes.zip')], port, data });
    await contains(result(page), '7 found');
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.context().close();
    await second.close();
  });

  it('asks for the API key where the server demands one, again if it is wrong, and keeps it for the tab', async () => {
    const key = 'k'.repeat(40);
    const guarded = await startServer({
      deployments: [example('shapes.zip')],
      port: 0,
      data: join(folder, 'guarded'),
      requireKey: true,
      apiKey: key,
    });
    const page = await open('shapes.zip', {}, guarded);
    const dialog = page.getByRole('dialog', { name: 'API key' });
    await dialog.getByLabel('Key', { exact: true }).fill('wrong');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await contains(dialog, 'not a valid API key');
    await dialog.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    await choose(page, SHAPES);
    await contains(result(page), '7 found');
    await page.getByRole('button', { name: 'Copy curl' }).click();
    await page.getByText('curl command copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      `curl -H "x-api-key: $IMPULSE_API_KEY" -F image=@shapes.jpg ${guarded.url}/v1/models/shapes.zip/classify/image`,
    );
    await page.reload();
    await page.getByRole('button', { name: 'Choose picture' }).waitFor();
    await page.context().close();
    await guarded.close();
  });

  it('tells how to begin where there is no model', async () => {
    const empty = await startServer({ port: 0, data: join(folder, 'empty') });
    const page = await open(undefined, {}, empty);
    await contains(page.getByRole('region', { name: 'Input' }), 'There is no model yet');
    await page.context().close();
    await empty.close();
  });
});
