import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownStore } from '../../src/registry/store.js';
import { refusalOf } from '../runtime/support.js';

function dataFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'impulse-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('a server that begins', () => {
  it('removes what one before it was writing, also where both have the same process id, as in a container', async () => {
    const path = dataFolder();
    const incoming = join(path, 'incoming');
    mkdirSync(incoming);
    const [own, dead, alive] = [`${process.pid}-a`, '999999999-b', `${process.ppid}-c`].map((name) =>
      join(incoming, name),
    );
    for (const file of [own, dead, alive]) writeFileSync(file ?? '', 'half');
    (await ownStore(path)).close();
    expect([own, dead, alive].map((file) => existsSync(file ?? ''))).toEqual([false, false, true]);
  });

  it('is refused a folder that another has, until that one ends', async () => {
    const path = dataFolder();
    const first = await ownStore(path);
    expect((await refusalOf(ownStore(path))).code).toBe('ERR_REGISTRY_LOCKED');
    first.close();
    (await ownStore(path)).close();
  });

  it.each(['server.lock', 'registry.db'])('is refused a folder whose %s is something else', async (name) => {
    const path = dataFolder();
    writeFileSync(join(path, name), 'This is no database. '.repeat(200));
    expect((await refusalOf(ownStore(path))).code).toBe('ERR_REGISTRY_STORE');
    rmSync(join(path, name));
    (await ownStore(path)).close();
  });
});
