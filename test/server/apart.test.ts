import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Packages of which a module is loaded by what the script does. */
function loadedBy(script: string): string[] {
  const names = `Object.keys((await import('node:module')).default._cache)
    .flatMap((path) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1] ?? [])`;
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', `${script}; console.log(JSON.stringify([...new Set(${names})]));`],
    { encoding: 'utf8', cwd: new URL('../..', import.meta.url) },
  );
  return JSON.parse(output);
}

const OF_THE_SERVER = ['fastify', 'socket.io', 'prom-client', '@photostructure/sqlite'];

it('Who only classifies loads no HTTP server and no database', () => {
  const loaded = loadedBy("await import('impulse-runtime')");
  expect(loaded).toContain('yauzl');
  expect(loaded.filter((name) => OF_THE_SERVER.includes(name))).toEqual([]);
});

it('Who asks for the server gets it', () => {
  const loaded = loadedBy("await import('impulse-runtime/server')");
  expect(loaded).toEqual(expect.arrayContaining(['fastify', 'socket.io']));
});
