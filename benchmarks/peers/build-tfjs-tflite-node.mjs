/**
 * Compiles the addon of tfjs-tflite-node from the sources in its package, into the folder of that package where it looks for it:
 * what its own install would do with node-gyp, Python and downloaded headers.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAME = 'node_tflite_binding';

/** Its folder of libraries; where there is none, the package does not run. */
const PLATFORMS = { 'linux-x64': 'linux_amd64', 'linux-arm64': 'linux_arm64' };

/** @throws {Error} why it can't be built here */
export function buildTfjsTfliteNode() {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('tfjs-tflite-node/package.json'));
  const target = join(folder, 'build', 'Release', `${NAME}.node`);
  if (existsSync(target)) return;
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  if (platform === undefined) throw new Error(`not compiled for ${process.platform} ${process.arch}`);
  mkdirSync(dirname(target), { recursive: true });
  const theirs = createRequire(join(folder, 'package.json'));
  const includes = [
    join(folder, 'cc_deps', 'include'),
    dirname(theirs.resolve('node-addon-api/package.json')),
    join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
  ];
  const libraries = ['libtensorflowlite_c.so', 'libexternal_delegate_obj.so'];
  const unfinished = `${target}.${process.pid}`;
  const args = [
    ...['-std=c++17', '-O3', '-fPIC', '-shared', '-DNAPI_CPP_EXCEPTIONS'],
    ...includes.flatMap((include) => ['-isystem', include]),
    join(folder, 'binding', `${NAME}.cc`),
    ...libraries.map((library) => join(folder, 'cc_deps', platform, library)),
    `-Wl,-rpath,$ORIGIN/../../cc_deps/${platform}`,
    ...['-o', unfinished],
  ];
  try {
    execFileSync(process.env.CXX ?? 'c++', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = String(error.stderr ?? '').match(/^.*error: .*$/m)?.[0];
    throw new Error(`its addon can't be compiled: ${said ?? error.code ?? `exit ${error.status}`}`);
  }
  renameSync(unfinished, target);
}
