/** Tells that the server is gone, and when it is back. */
import { setText, show } from './dom.js';

const AGAIN_MS = 2000;

/** @returns called when no answer came; it asks on until one comes, then calls `back` */
export function watchConnection(
  banner: HTMLElement,
  isAlive: () => Promise<boolean>,
  back: () => void,
): () => void {
  let isGone = false;

  async function untilBack(): Promise<void> {
    while (!(await isAlive())) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    isGone = false;
    show(banner, false);
    back();
  }

  return () => {
    if (isGone) return;
    isGone = true;
    setText(banner, 'The server does not answer. Is “impulse serve” still running? Trying again…');
    show(banner, true);
    void untilBack();
  };
}
