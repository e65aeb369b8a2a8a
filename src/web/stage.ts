/** The picture on the page, with the result over it, as sharp as the screen. */
import { drawCaption, drawScene, penForPicture, type Scene } from './draw.js';

export interface Stage {
  show(scene: Scene): void;
  /** The picture with the result, PNG, in the picture's own size. */
  toPng(): Promise<Blob>;
}

/** Sizes on the page, in CSS pixels. */
const LINE = 2.5;
/** On a phone smaller, so that tags do not hide what they name. */
const FONT = { least: 10.5, most: 13, share: 1 / 40 };
/** A small picture is enlarged so far at most. */
const MOST_ENLARGED = 5;
const MOST_OF_WINDOW = 0.68;
const LEAST_HEIGHT = 240;

export function makeStage(canvas: HTMLCanvasElement): Stage {
  let scene: Scene | undefined;
  const frame = canvas.parentElement ?? canvas;

  function draw(): void {
    if (scene === undefined || canvas.hidden) return;
    const { width, height } = scene.picture;
    const most = Math.max(LEAST_HEIGHT, innerHeight * MOST_OF_WINDOW);
    const scale = Math.min(frame.clientWidth / width, most / height, MOST_ENLARGED);
    const shown = { width: Math.round(width * scale), height: Math.round(height * scale) };
    const ratio = devicePixelRatio;
    canvas.style.setProperty('width', `${shown.width}px`);
    canvas.style.setProperty('height', `${shown.height}px`);
    resize(
      canvas,
      Math.max(1, Math.round(shown.width * ratio)),
      Math.max(1, Math.round(shown.height * ratio)),
    );
    const context = canvas.getContext('2d');
    if (context === null) return;
    const fontSize = Math.min(FONT.most, Math.max(FONT.least, shown.width * FONT.share));
    drawScene(context, scene, canvas, { line: LINE * ratio, edge: ratio, fontSize: fontSize * ratio });
  }

  new ResizeObserver(draw).observe(frame);
  addEventListener('resize', draw);

  return {
    show(next) {
      scene = next;
      draw();
    },
    async toPng() {
      if (scene === undefined) throw new Error('There is no picture.');
      const { picture } = scene;
      const whole = document.createElement('canvas');
      resize(whole, picture.width, picture.height);
      const context = whole.getContext('2d');
      if (context === null) throw new Error('This browser cannot draw a picture of this size.');
      const pen = penForPicture(picture);
      drawScene(context, { ...scene, selected: undefined }, picture, pen);
      drawCaption(context, scene, picture, pen);
      const file = await new Promise<Blob | null>((resolve) => whole.toBlob(resolve, 'image/png'));
      if (file === null) throw new Error('This browser cannot write a picture of this size.');
      return file;
    },
  };
}

/** Setting a size empties a canvas, even the same size. */
function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
