/** How long each stage took, there and back. */
import { STAGES, type Timing } from './api-types.js';
import { element, setText } from './dom.js';
import { milliseconds } from './words.js';

export interface TimingView {
  /** @param roundTripMs from the question to the answer, as the page saw it */
  show(timing: Timing, roundTripMs: number): void;
}

const TITLES: Readonly<Record<(typeof STAGES)[number], string>> = {
  decode: 'Decode',
  resize: 'Resize',
  queue: 'Queue',
  dsp: 'Signal processing',
  tensor: 'Tensor',
  inference: 'Inference',
  postprocess: 'Postprocess',
  total: 'Total',
};

/** Rows stay the same elements, so that a camera does not make the table anew twenty times a second. */
export function makeTimingView(place: HTMLElement): TimingView {
  const rows = [...STAGES, 'round trip' as const].map((stage) => {
    const value = element('td', {});
    const title = stage === 'round trip' ? 'Round trip' : TITLES[stage];
    const row = element('tr', {}, element('th', { scope: 'row' }, title), value);
    if (stage === 'total' || stage === 'round trip') row.className = 'sum';
    return { stage, row, value };
  });
  const caption = element('caption', { class: 'unseen' }, 'Time of each stage');
  place.replaceChildren(
    element('table', { class: 'times' }, caption, element('tbody', {}, ...rows.map(({ row }) => row))),
  );
  return {
    show(timing, roundTripMs) {
      for (const { stage, row, value } of rows) {
        const ms = stage === 'round trip' ? roundTripMs : timing[`${stage}Ms`];
        setText(value, ms === 0 ? '–' : milliseconds(ms));
        row.style.setProperty('--share', String(Math.min(1, ms / Math.max(roundTripMs, 1e-6))));
      }
    },
  };
}
