/** What a result is about. */

/** As a line of JSON begins. */
export type Subject = { readonly file: string } | { readonly frame: number };

/** As a summary or a message begins. */
export function nameOf(subject: Subject): string {
  return 'file' in subject ? subject.file : `frame ${subject.frame}`;
}
