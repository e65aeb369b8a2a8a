/** Which Chromium the page is tried in: the system's, or else the one that a package of the tests brings. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Chromium {
  readonly path: string;
  /** What it is started with. */
  readonly env: Readonly<Record<string, string>>;
}

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** @returns why there is none, where none starts */
export function findChromium(): Chromium | string {
  const path = PLACES.find((place) => place !== undefined && existsSync(place));
  if (path !== undefined) return { path, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'no Chromium on this machine: install it, or name it in CHROMIUM_PATH';
  }
  try {
    const packaged = packagedChromium();
    execFileSync(packaged.path, ['--version'], { env: { ...process.env, ...packaged.env }, stdio: 'pipe' });
    return packaged;
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error)
      .split('\n')
      .slice(-2);
    return `no Chromium on this machine, and the packaged one does not start (${reason}): install it, or name it in CHROMIUM_PATH`;
  }
}

/** Unpacked once into a folder of its own, with the libraries and letters that a bare system lacks. */
function packagedChromium(): Chromium {
  const folder = join(tmpdir(), 'impulse-runtime-tests-chromium');
  mkdirSync(folder, { recursive: true });
  const script = "import chromium from '@sparticuz/chromium'; console.log(await chromium.executablePath());";
  // It unpacks into the folder of temporary files, and its libraries only where it takes the system for a bare one.
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'nodejs20.x' };
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    encoding: 'utf8',
    cwd: new URL('.', import.meta.url),
  });
  const libraries = join(folder, 'al2023', 'lib');
  const path = output.trim();
  return needsNothing(path)
    ? { path, env: {} }
    : { path, env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(folder, 'fonts') } };
}

function needsNothing(path: string): boolean {
  try {
    execFileSync(path, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
