/** Light or dark: the system's choice, until the person makes one. */
const KEY = 'impulse-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Puts what was chosen before in force; `changed` is called whenever colours change. */
export function watchTheme(button: HTMLButtonElement, changed: () => void): void {
  apply(button);
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    const isSystems = (next === 'dark') === dark.matches;
    if (isSystems) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    apply(button);
    changed();
  });
  dark.addEventListener('change', () => {
    apply(button);
    changed();
  });
}

function isDark(): boolean {
  const chosen = localStorage.getItem(KEY);
  return chosen === null ? dark.matches : chosen === 'dark';
}

function apply(button: HTMLButtonElement): void {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  button.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours');
  button.title = isDark() ? 'Light colours' : 'Dark colours';
}
