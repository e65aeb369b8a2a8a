/** A picture to ask about, and as the server sees it: turned by no EXIF orientation unless the server says that it turned it. */
import type { Size } from '../annotate/placement.js';
import type { ResizeGeometry } from './api-types.js';
import { asStored } from './exif.js';

export interface Picture {
  readonly kind: 'picture';
  readonly name: string;
  /** As it is sent. */
  readonly file: Blob;
  /** Pixels as they are stored in the file; undefined where the browser can't show it. */
  readonly shown: ShownPicture | undefined;
  /** What is stated beneath it. */
  readonly note: string | undefined;
}

export interface ShownPicture extends Size {
  readonly image: CanvasImageSource;
}

/** Never fails: what the browser can't show the server may still be able to read. */
export async function readPicture(file: File): Promise<Picture> {
  const name = file.name === '' ? 'picture.png' : file.name;
  const { bytes, orientation } = asStored(new Uint8Array(await file.arrayBuffer()));
  const stored = orientation === 1 ? file : new Blob([bytes], { type: file.type });
  const shown = await decode(stored, 'none');
  const note =
    shown === undefined
      ? 'This browser cannot show the file; the result is drawn on an empty ground'
      : orientation === 1
        ? undefined
        : 'shown as it is stored, which is how the model sees it: the EXIF orientation is not followed';
  return { kind: 'picture', name, file, shown, note };
}

/** Decoded once for each picture, however often it is asked about. */
const upright = new WeakMap<Picture, Promise<Picture>>();

/** As the answer's geometry says that the server saw it. */
export async function asSeen(picture: Picture, geometry: ResizeGeometry | undefined): Promise<Picture> {
  if (geometry?.orientation === undefined) return picture;
  const turned = upright.get(picture) ?? asTurned(picture);
  upright.set(picture, turned);
  return turned;
}

/** Gives the memory of its pixels back: it cannot be drawn any more. */
export function closePicture(picture: Picture): void {
  closeBitmap(picture);
  void upright.get(picture)?.then(closeBitmap);
}

function closeBitmap({ shown }: Picture): void {
  if (shown?.image instanceof ImageBitmap) shown.image.close();
}

async function asTurned(picture: Picture): Promise<Picture> {
  const shown = await decode(picture.file, 'from-image');
  return { ...picture, shown, note: 'turned by its EXIF orientation, as the server turned it' };
}

async function decode(file: Blob, imageOrientation: ImageOrientation): Promise<ShownPicture | undefined> {
  try {
    const image = await createImageBitmap(file, { imageOrientation });
    return { image, width: image.width, height: image.height };
  } catch {
    return undefined;
  }
}
