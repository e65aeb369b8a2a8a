import { openZip } from '../../dist/deployment/archive.js';
import { readContents } from '../../dist/deployment/open.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateTokens, tokensOf } from '../mutate-text.mjs';
import { bytesOf, filesOf, textOf, treeOf } from './support.mjs';

const isText = (name) => /\.(h|cpp)$/.test(name) && !name.includes('edge-impulse-sdk');
let libraries;

async function load() {
  libraries ??= new Map(
    await Promise.all(
      ownSeeds('library').map(async ({ name, bytes }) => [name, await filesOf(await openZip(bytes, name))]),
    ),
  );
  return libraries;
}

/** One header or source of a library is damaged; the others are good. */
export default {
  async seeds() {
    return [...(await load())].flatMap(([library, files]) =>
      [...files]
        .filter(([name]) => isText(name))
        .map(([name, bytes]) => ({ library, name, tokens: tokensOf(textOf(bytes)) })),
    );
  },
  make(random, seeds) {
    const { library, name, tokens } = random.pick(seeds);
    return { library, name, bytes: bytesOf(mutateTokens(random, tokens, random.pick(seeds).tokens)) };
  },
  async run({ library, name, bytes }) {
    const files = new Map((await load()).get(library)).set(name, bytes);
    await readContents({ kind: 'tree', tree: treeOf(files) });
  },
};
