/**
 * Installs what the benchmarks compare with, into `benchmarks/node_modules`, without running anything of theirs:
 * `node benchmarks/peers/install.mjs`. Does nothing where it is there already.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../', import.meta.url);

/** What a user can type. */
export const INSTALL_COMMAND = 'npm ci --ignore-scripts --prefix benchmarks';

/** @returns {Readonly<Record<string, string>>} name and exact version of each, as `benchmarks/package.json` has them */
export function wantedPeers() {
  return readJson('package.json').dependencies;
}

/** Installs the peers unless each is there in its version. @throws {Error} npm's own words, and the command to try by hand */
export function installPeers() {
  const missing = missingPeers();
  if (missing.length === 0) return;
  process.stdout.write(`Installing what is compared with (${missing.join(', ')}): ${INSTALL_COMMAND}\n`);
  const prefix = fileURLToPath(FOLDER);
  try {
    const args = ['ci', '--ignore-scripts', '--prefix', prefix];
    execFileSync('npm', args, { cwd: prefix, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const said = String(error.stderr || error.message).trim();
    throw new Error(`npm could not install them; by hand: ${INSTALL_COMMAND}\n${said}`);
  }
}

function missingPeers() {
  return Object.entries(wantedPeers())
    .filter(([name, version]) => {
      const manifest = `node_modules/${name}/package.json`;
      return !existsSync(new URL(manifest, FOLDER)) || readJson(manifest).version !== version;
    })
    .map(([name, version]) => `${name} ${version}`);
}

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installPeers();
