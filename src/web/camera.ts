/** Frames of a camera: always the newest, one at a time. */
import type { ShownPicture } from './picture.js';

export interface Frame {
  /** JPEG, as it is sent. */
  readonly file: Blob;
  readonly shown: ShownPicture;
}

export interface Camera {
  /** The frame of this moment. */
  frame(): Promise<Frame>;
  stop(): void;
  /** Whether there is another to switch to. */
  readonly canSwitch: boolean;
  /** Which one comes after this. */
  readonly next: CameraChoice;
}

export type CameraChoice = { readonly facingMode: 'user' | 'environment' } | { readonly deviceId: string };

/** Models are smaller; more pixels would only take longer on their way. */
const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };
const QUALITY = 0.92;

/** The one that looks away from the person, where there are two. */
export const FIRST_CAMERA: CameraChoice = { facingMode: 'environment' };

/**
 * @param ended called when the camera is taken away
 * @throws {Error} in words for people: there is none, or it may not be used
 */
export async function openCamera(choice: CameraChoice, ended: () => void): Promise<Camera> {
  const stream = await openStream(choice);
  try {
    return await cameraOf(stream, ended);
  } catch (error) {
    // Nobody else could stop it.
    stopTracks(stream);
    throw error;
  }
}

async function cameraOf(stream: MediaStream, ended: () => void): Promise<Camera> {
  const [track] = stream.getVideoTracks();
  track?.addEventListener('ended', ended);
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(
    ({ kind }) => kind === 'videoinput',
  );
  const { deviceId, facingMode } = track?.getSettings() ?? {};
  // One is on the page while the other is filled.
  const canvases = [document.createElement('canvas'), document.createElement('canvas')] as const;
  let count = 0;

  return {
    canSwitch: cameras.length > 1,
    next: facingMode === undefined ? deviceAfter(cameras, deviceId) : { facingMode: opposite(facingMode) },
    async frame() {
      const canvas = canvases[count++ % 2 === 0 ? 0 : 1];
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext('2d')?.drawImage(video, 0, 0);
      const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
      if (file === null) throw new Error('The camera gave no frame.');
      return { file, shown: { image: canvas, width: canvas.width, height: canvas.height } };
    },
    stop() {
      track?.removeEventListener('ended', ended);
      stopTracks(stream);
      video.srcObject = null;
    },
  };
}

async function openStream(choice: CameraChoice): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new Error(insecure('camera'));
  const which =
    'deviceId' in choice ? { deviceId: { exact: choice.deviceId } } : { facingMode: choice.facingMode };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, ...which } });
  } catch (error) {
    throw new Error(deviceProblem(error, 'camera'));
  }
}

/** Gives the device back: its light goes out. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Browsers lend devices only to pages that nobody can have changed on their way. */
export function insecure(device: 'camera' | 'microphone'): string {
  return `The browser lends its ${device} only to pages from localhost or over HTTPS.`;
}

export function deviceProblem(error: unknown, device: 'camera' | 'microphone'): string {
  const { name, message } = error as DOMException;
  if (name === 'NotAllowedError') return `The browser was not allowed to use the ${device}.`;
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return `No ${device} was found.`;
  if (name === 'NotReadableError') return `Another program uses the ${device}.`;
  return `The ${device} cannot be used: ${message}`;
}

function opposite(facingMode: string): 'user' | 'environment' {
  return facingMode === 'environment' ? 'user' : 'environment';
}

function deviceAfter(cameras: readonly MediaDeviceInfo[], deviceId: string | undefined): CameraChoice {
  const index = cameras.findIndex((camera) => camera.deviceId === deviceId);
  const next = cameras[(index + 1) % cameras.length];
  return next === undefined ? FIRST_CAMERA : { deviceId: next.deviceId };
}
