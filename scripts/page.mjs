/** Puts the page together in `dist/web`: what the compiler made of `src/web`, and the files that need no compiling. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/web', import.meta.url));
const built = fileURLToPath(new URL('../dist/web', import.meta.url));

const main = join(built, 'web/main.js');
/** Loaded by the page when it is needed, not imported. */
const recorder = join(built, 'web/recorder.js');

const modules = importedFrom(main);
const kept = new Set([...modules, recorder]);
for (const file of readdirSync(built, { recursive: true })) {
  const path = join(built, file);
  // Left from an earlier build, or a file of types alone.
  if (path.endsWith('.js') && !kept.has(path)) rmSync(path);
}
for (const file of ['style.css', 'icon.svg']) copyFileSync(join(source, file), join(built, file));
const preloads = modules.map((path) => `<link rel="modulepreload" href="page/${relative(built, path)}">`);
const html = readFileSync(join(source, 'index.html'), 'utf8');
writeFileSync(join(built, 'index.html'), html.replace('<!-- preload -->', preloads.join('\n')));

/** A module and all that it needs, so that the browser asks for them at once and not one after the other. */
function importedFrom(path, found = new Set()) {
  if (found.has(path)) return [...found];
  if (!existsSync(path)) throw new Error(`${path} is imported by the page, and was not compiled.`);
  found.add(path);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/^(?:import|export) .*?from '(\.[^']+)';$/gms)) {
    importedFrom(join(dirname(path), name), found);
  }
  return [...found];
}
