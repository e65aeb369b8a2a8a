/** Things to tidy up if this process ends before they are. */

const tasks = new Set<() => void>();

/**
 * Runs `task`, which must not wait for anything, when the process exits.
 *
 * @returns takes it back
 */
export function atExit(task: () => void): () => void {
  if (tasks.size === 0) process.on('exit', runAll);
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) process.off('exit', runAll);
  };
}

function runAll(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // The others must have their turn, and nobody is left to be told.
    }
  }
}
