/** A camera, frame after frame: the newest is asked about as soon as the one before is answered. */
import { type Camera, type CameraChoice, FIRST_CAMERA, type Frame, openCamera } from './camera.js';

export interface Live {
  start(choice?: CameraChoice): Promise<void>;
  stop(): void;
  readonly camera: Camera | undefined;
}

export interface LiveEvents {
  /** Asks about a frame; resolves when it is answered, to false where there is no use in going on. */
  readonly frame: (frame: Frame) => Promise<boolean>;
  /** Frames per second and milliseconds from frame to answer, over the last second or so. */
  readonly pace: (framesPerSecond: number, latencyMs: number) => void;
  /** The camera was started, switched or stopped. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/** Weight of the newest frame in the figures that are shown. */
const NEWEST = 0.15;

export function makeLive({ frame, pace, changed, failed }: LiveEvents): Live {
  let camera: Camera | undefined;
  /** Counts what was started and stopped: a camera that opens after the next of them is closed again. */
  let openings = 0;
  let isOpening = false;

  function stop(): void {
    openings++;
    isOpening = false;
    camera?.stop();
    camera = undefined;
    changed();
  }

  async function run(mine: Camera): Promise<void> {
    let [between, latency, before] = [0, 0, performance.now()];
    while (camera === mine) {
      await untilSeen();
      const started = performance.now();
      const taken = await mine.frame();
      if (camera !== mine) return;
      const goesOn = await frame(taken);
      if (camera !== mine) return;
      if (!goesOn) return stop();
      const now = performance.now();
      between = between === 0 ? now - before : between + NEWEST * (now - before - between);
      latency = latency === 0 ? now - started : latency + NEWEST * (now - started - latency);
      before = now;
      pace(1000 / between, latency);
      await new Promise(requestAnimationFrame);
    }
  }

  return {
    async start(choice = FIRST_CAMERA) {
      if (isOpening) return;
      isOpening = true;
      const opening = ++openings;
      // A phone has no more than one of its cameras open.
      camera?.stop();
      camera = undefined;
      const fail = (error: unknown): void => {
        if (opening !== openings) return;
        stop();
        failed(error);
      };
      try {
        const opened = await openCamera(choice, () => {
          if (opening === openings) stop();
        });
        if (opening !== openings) return opened.stop();
        isOpening = false;
        camera = opened;
      } catch (error) {
        return fail(error);
      }
      changed();
      run(camera).catch(fail);
    },
    stop,
    get camera() {
      return camera;
    },
  };
}

/** Nobody looks at a page in the background. */
function untilSeen(): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden) return resolve();
    const seen = (): void => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', seen);
      resolve();
    };
    document.addEventListener('visibilitychange', seen);
  });
}
