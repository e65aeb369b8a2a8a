/** A signal as lines, with a window on it that can be moved by pointer and keyboard. */
import type { SignalInput } from './api-types.js';
import { setText, show } from './dom.js';
import { axisCount, freedom, type Signal, windowInWords } from './signal.js';

export interface PlotElements {
  readonly canvas: HTMLCanvasElement;
  readonly choice: HTMLElement;
  readonly range: HTMLInputElement;
  readonly output: HTMLElement;
}

export interface SignalPlot {
  show(signal: Signal, input: SignalInput): void;
  /** Of the window, in samples of each axis. */
  readonly start: number;
  redraw(): void;
}

/** Steps of the keyboard in a window's length. */
const STEPS = 20;
const HEIGHT = 220;
const LINES = 6;

/** @param moved called with each new place of the window */
export function makePlot({ canvas, choice, range, output }: PlotElements, moved: () => void): SignalPlot {
  let current: { readonly signal: Signal; readonly input: SignalInput } | undefined;
  /** Moving the window changes no line. */
  let lines: Lines | undefined;

  function redraw(): void {
    if (current === undefined) return;
    const { signal, input } = current;
    const words = windowInWords(range.valueAsNumber, input);
    setText(output, words);
    range.setAttribute('aria-valuetext', words);
    range.style.setProperty('--share', String(range.valueAsNumber / Math.max(1, Number(range.max))));
    canvas.setAttribute('aria-label', `${signal.name}: ${signal.values.length} numbers. Window: ${words}.`);
    const width = canvas.clientWidth;
    if (lines?.signal !== signal || lines.input !== input || lines.width !== width) {
      lines = linesOf(signal, input, width);
    }
    drawPlot(canvas, lines, range.valueAsNumber);
  }

  function moveTo(event: PointerEvent): void {
    if (current === undefined || choice.hidden) return;
    const { left, width } = canvas.getBoundingClientRect();
    const { signal, input } = current;
    const samples = signal.values.length / axisCount(input.axes);
    const windowSamples = input.featureCount / axisCount(input.axes);
    const middle = ((event.clientX - left) / width) * samples;
    const before = range.value;
    range.valueAsNumber = middle - windowSamples / 2;
    if (range.value !== before) range.dispatchEvent(new Event('input'));
  }

  range.addEventListener('input', () => {
    redraw();
    moved();
  });
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) moveTo(event);
  });
  new ResizeObserver(redraw).observe(canvas);

  return {
    show(signal, input) {
      current = { signal, input };
      const free = freedom(signal, input) ?? 0;
      const windowSamples = input.featureCount / axisCount(input.axes);
      range.max = String(free);
      range.step = String(Math.max(1, Math.min(free, Math.round(windowSamples / STEPS))));
      range.valueAsNumber = 0;
      show(choice, free > 0);
      canvas.classList.toggle('movable', free > 0);
      redraw();
    },
    get start() {
      return range.valueAsNumber;
    },
    redraw,
  };
}

/** A signal as it is drawn in a width, in CSS pixels. */
interface Lines {
  readonly signal: Signal;
  readonly input: SignalInput;
  readonly width: number;
  /** One of each axis. */
  readonly paths: readonly Path2D[];
}

type ColourOf = (name: string) => string;

/** The style sheet's colours as they are now, light or dark. */
function makePalette(canvas: HTMLCanvasElement): ColourOf {
  const style = getComputedStyle(canvas);
  return (name) => {
    canvas.style.setProperty('color', `var(--${name})`);
    return style.color;
  };
}

function drawPlot(canvas: HTMLCanvasElement, { signal, input, width, paths }: Lines, start: number): void {
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  context.scale(ratio, ratio);
  const colours = makePalette(canvas);
  const axes = axisCount(input.axes);
  const samples = Math.floor(signal.values.length / axes);
  const toX = (sample: number): number => (sample / Math.max(1, samples)) * width;

  const windowSamples = Math.floor(input.featureCount / axes);
  if (samples >= windowSamples) {
    const [from, to] = [toX(start), toX(start + windowSamples)];
    context.fillStyle = colours('window');
    context.fillRect(from, 0, to - from, HEIGHT);
    context.fillStyle = colours('accent');
    context.fillRect(from, 0, 2, HEIGHT);
    context.fillRect(to - 2, 0, 2, HEIGHT);
  }
  for (const [axis, path] of paths.entries()) {
    context.strokeStyle = colours(`line-${(axis % LINES) + 1}`);
    context.lineWidth = 1.25;
    context.lineJoin = 'round';
    context.stroke(path);
  }
  if (axes > 1) drawLegend(context, input.axes, colours);
}

function linesOf(signal: Signal, input: SignalInput, width: number): Lines {
  const { values } = signal;
  const axes = axisCount(input.axes);
  const samples = Math.floor(values.length / axes);
  const [least, most] = rangeOf(values);
  const toX = (sample: number): number => (sample / Math.max(1, samples)) * width;
  const toY = (value: number): number => 10 + (1 - (value - least) / (most - least || 1)) * (HEIGHT - 20);
  const paths = Array.from({ length: axes }, (_, axis) =>
    pathOf((sample) => values[sample * axes + axis] ?? 0, samples, width, toX, toY),
  );
  return { signal, input, width, paths };
}

/** Every sample where there is room; else the span of those that share a column of pixels. */
function pathOf(
  at: (sample: number) => number,
  samples: number,
  width: number,
  toX: (sample: number) => number,
  toY: (value: number) => number,
): Path2D {
  const path = new Path2D();
  const each = Math.max(1, Math.floor(samples / width));
  for (let from = 0; from < samples; from += each) {
    let [low, high] = [at(from), at(from)];
    for (let sample = from + 1; sample < Math.min(samples, from + each); sample++) {
      low = Math.min(low, at(sample));
      high = Math.max(high, at(sample));
    }
    const x = toX(from + 0.5);
    if (from === 0) path.moveTo(x, toY(low));
    path.lineTo(x, toY(low));
    if (high > low) path.lineTo(x, toY(high));
  }
  return path;
}

function drawLegend(context: CanvasRenderingContext2D, axes: readonly string[], colours: ColourOf): void {
  context.font = '600 12px system-ui, sans-serif';
  context.textBaseline = 'top';
  let x = 10;
  for (const [index, axis] of axes.entries()) {
    context.fillStyle = colours(`line-${(index % LINES) + 1}`);
    context.fillText(axis, x, 8);
    x += context.measureText(axis).width + 14;
  }
}

function rangeOf(values: readonly number[]): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
