/** One at a time, and of what is asked for meanwhile only the newest. */

/**
 * @param work its failures are its own business: it must not reject
 * @returns gives `work` a subject, at once or when the one before is done; a newer subject takes the place of one that waits
 */
export function newestOnly<T>(work: (subject: T) => Promise<void>): (subject: T) => void {
  let busy = false;
  let waiting: { readonly subject: T } | undefined;

  async function run(subject: T): Promise<void> {
    busy = true;
    for (let next: typeof waiting = { subject }; next !== undefined; next = waiting) {
      waiting = undefined;
      await work(next.subject);
    }
    busy = false;
  }

  return (subject) => {
    if (busy) waiting = { subject };
    else void run(subject);
  };
}
