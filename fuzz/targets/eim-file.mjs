import { checkRunsHere, readExecutable } from '../../dist/deployment/eim.js';
import { sniff } from '../../dist/deployment/sniff.js';
import { ownSeeds } from '../corpus.mjs';
import { damagedFile, prepared } from './support.mjs';

const HOST = { system: 'linux', architecture: 'x64', has: () => true };

export default {
  seeds: () => prepared(ownSeeds('elf')),
  make: damagedFile,
  run({ bytes }) {
    sniff(bytes);
    const executable = readExecutable(bytes);
    if (executable !== undefined) checkRunsHere(executable, 'fuzzed.eim', HOST);
  },
};
