/** Tells that the server is gone, and when it is back. */
import { setText, show } from './dom.js';

const AGAIN_MS = 2000;

/**
 * @returns called when no answer came. Where the server is there after all (it may have closed the connection upon a body that
 *   is too large) nothing follows; else it is asked until it answers, then `back` is called
 */
export function watchConnection(
  banner: HTMLElement,
  isAlive: () => Promise<boolean>,
  back: () => void,
): () => void {
  let isWatching = false;

  async function watch(): Promise<void> {
    if (await isAlive()) return;
    setText(banner, 'The server does not answer. Is “impulse serve” still running? Trying again…');
    show(banner, true);
    do await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    while (!(await isAlive()));
    show(banner, false);
    back();
  }

  return () => {
    if (isWatching) return;
    isWatching = true;
    void watch().finally(() => {
      isWatching = false;
    });
  };
}
