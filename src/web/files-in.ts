/** The ways in which a file comes to the page: chosen, dropped anywhere, pasted. */
import { byId } from './dom.js';

/** @param take called with the file, of which there is one at a time */
export function watchFiles(take: (file: File) => void): void {
  connect('choose-picture', 'picture-file');
  connect('choose-signal', 'signal-file');

  function connect(buttonId: string, inputId: string): void {
    const input = byId(inputId, HTMLInputElement);
    byId(buttonId, HTMLButtonElement).addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      // The same file may be chosen again.
      input.value = '';
      if (file !== undefined) take(file);
    });
  }

  document.addEventListener('paste', ({ clipboardData }) => {
    const [file] = clipboardData?.files ?? [];
    if (file !== undefined) take(file);
  });

  const setDropping = (isDropping: boolean): void => {
    document.body.classList.toggle('dropping', isDropping);
  };
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    setDropping(true);
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) setDropping(false);
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    setDropping(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) take(file);
  });
}
