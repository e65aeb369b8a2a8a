/** Asks for the API key, where the server wants one. */
import { byId, setText } from './dom.js';

/** What can be sent in a header. */
const KEY = /^[\x21-\x7e]+$/;

/** @returns undefined where the person has none */
export function askForKey(refused: boolean): Promise<string | undefined> {
  const dialog = byId('key-dialog', HTMLDialogElement);
  const field = byId('key', HTMLInputElement);
  const hint = byId('key-hint', HTMLElement);
  setText(
    hint,
    refused
      ? 'The server says that this is not a valid API key.'
      : 'This server demands an API key. It is kept until this tab is closed.',
  );
  field.value = '';
  field.setCustomValidity('');
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    let typed: string | undefined;
    byId('key-form', HTMLFormElement).addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        typed = field.value.trim();
        if (KEY.test(typed)) return dialog.close();
        hint.textContent = 'A key has letters, digits and signs, and no blanks.';
        typed = undefined;
      },
      { signal },
    );
    byId('key-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close(), { signal });
    dialog.addEventListener(
      'close',
      () => {
        done.abort();
        resolve(typed);
      },
      { signal },
    );
    dialog.showModal();
    field.focus();
  });
}
