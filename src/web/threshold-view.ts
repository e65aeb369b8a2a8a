/** A slider for each threshold. */
import type { ThresholdChoices } from './api-types.js';
import { element } from './dom.js';
import type { ThresholdSetting } from './thresholds.js';

export interface ThresholdView {
  /** Those of another model, all at the model's own values. */
  show(settings: readonly ThresholdSetting[]): void;
  /** Those that are not the model's own. */
  readonly chosen: ThresholdChoices;
}

/** @param changed called with each move */
export function makeThresholdView(
  place: HTMLElement,
  reset: HTMLButtonElement,
  changed: () => void,
): ThresholdView {
  const chosen = new Map<string, number | string>();
  let settings: readonly ThresholdSetting[] = [];

  function choose(setting: ThresholdSetting, value: number | string): void {
    if (value === setting.own) chosen.delete(setting.name);
    else chosen.set(setting.name, value);
    reset.disabled = chosen.size === 0;
    changed();
  }

  function fill(): void {
    chosen.clear();
    reset.disabled = true;
    place.replaceChildren(...settings.map((setting) => control(setting, (value) => choose(setting, value))));
  }

  reset.addEventListener('click', () => {
    fill();
    // The button is disabled now, and would take the focus away with it.
    place.querySelector<HTMLElement>('input, select')?.focus();
    changed();
  });

  return {
    show(next) {
      settings = next;
      fill();
    },
    chosen,
  };
}

function control(setting: ThresholdSetting, choose: (value: number | string) => void): HTMLElement {
  const id = `threshold-${setting.name}`;
  const key = element('code', {}, setting.name);
  const label = element('label', { for: id }, setting.title, ' ', key);
  if (setting.kind === 'choice') {
    const options = setting.choices.map((choice) =>
      element('option', { selected: choice === setting.own ? true : undefined }, choice),
    );
    const select = element('select', { id }, ...options);
    select.addEventListener('change', () => choose(select.value));
    return element('div', { class: 'threshold' }, label, select);
  }
  const { own, min, max, step } = setting;
  const value = element('output', { for: id }, String(own));
  const range = element('input', {
    id,
    type: 'range',
    min: String(min),
    max: String(max),
    step: String(step),
    value: String(own),
  });
  const digits = decimals(step);
  const paint = (): void =>
    range.style.setProperty('--share', String((range.valueAsNumber - min) / (max - min || 1)));
  range.addEventListener('input', () => {
    // The model's own value may lie between two steps: it is where the slider began.
    const isOwn = Math.abs(range.valueAsNumber - own) < step / 2;
    const number = isOwn ? own : Number(range.valueAsNumber.toFixed(digits));
    value.textContent = String(number);
    paint();
    choose(number);
  });
  paint();
  return element('div', { class: 'threshold' }, label, value, range);
}

function decimals(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step)));
}
