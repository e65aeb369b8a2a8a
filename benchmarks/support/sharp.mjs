/** The sharp of the package itself; what `import 'sharp'` finds in this folder is the peers'. */
import { createRequire } from 'node:module';

/** @type {typeof import('sharp')} */
export default createRequire(new URL('../../package.json', import.meta.url))('sharp');
