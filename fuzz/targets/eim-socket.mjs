import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDeployment } from '../../dist/index.js';
import { exchanges, hostileMessages } from './eim.mjs';

/** A larger window only takes time to send. */
const MAX_FEATURES = 100_000;

export default {
  seeds: exchanges,
  make: (random, seeds) => ({
    messages: hostileMessages(random, seeds),
    ends: random.chance(0.2),
    early: random.chance(0.05),
  }),
  async run({ messages, ends, early }) {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    const path = join(folder, 's');
    const server = await listen(path, messages, ends, early);
    try {
      const deployment = await openDeployment(path, { requestTimeoutMs: 500 });
      try {
        await converse(deployment);
      } finally {
        await deployment.close();
      }
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function converse(deployment) {
  const { input } = deployment.info();
  if (input.inputType === 'image')
    await deployment.classifyImage({ data: new Uint8Array(3), width: 1, height: 1, channels: 3 });
  else if (input.featureCount <= MAX_FEATURES)
    await deployment.classify({ features: new Float32Array(input.featureCount) });
}

/** Answers what is asked, whatever it is, with the next message. */
function listen(path, messages, ends, early) {
  const server = createServer((socket) => {
    const rest = messages.slice(0, 2);
    const next = () => {
      const message = rest.shift();
      if (message === undefined) {
        if (ends) socket.destroy();
      } else socket.write(message);
    };
    socket.on('error', () => {});
    if (early) next();
    socket.on('data', (text) => {
      if (text.includes(10)) next();
    });
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
