import { EventEmitter } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { makeAdmission } from '../../src/server/admission.js';

/** A request as far as admission looks at it. */
function client(): { request: FastifyRequest; goAway(): void } {
  const socket = Object.assign(new EventEmitter(), { destroyed: false });
  const request = { raw: { socket }, headers: {} } as unknown as FastifyRequest;
  return {
    request,
    goAway() {
      socket.destroyed = true;
      socket.emit('close');
    },
  };
}

/** Work that ends when it is told to. */
function work() {
  let end = () => {};
  let begun = false;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    run: () => {
      begun = true;
      return done;
    },
    end: () => end(),
    hasBegun: () => begun,
  };
}

const limits = { concurrency: 1, queue: 10, maxBodyBytes: 1000 };

describe('work', () => {
  it('has its turn in the order in which it came, also beside what comes just when a place gets free', async () => {
    const admission = makeAdmission(limits);
    const [first, second, third] = [work(), work(), work()];
    const runs = [admission.run(client().request, first.run), admission.run(client().request, second.run)];
    first.end();
    await runs[0];
    runs.push(admission.run(client().request, third.run));
    await tick();
    expect([second.hasBegun(), third.hasBegun()]).toEqual([true, false]);
    expect([admission.running, admission.waiting]).toEqual([1, 1]);
    second.end();
    await runs[1];
    third.end();
    await runs[2];
    expect([admission.running, admission.waiting]).toEqual([0, 0]);
  });

  it('of a client that goes away while it waits is never done, and waits no longer', async () => {
    const admission = makeAdmission(limits);
    const [first, second, third] = [work(), work(), work()];
    const leaving = client();
    const runs = [admission.run(client().request, first.run), admission.run(leaving.request, second.run)];
    const last = admission.run(client().request, third.run);
    leaving.goAway();
    await expect(runs[1]).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    expect(admission.waiting).toBe(1);
    first.end();
    third.end();
    await last;
    expect(second.hasBegun()).toBe(false);
    expect([admission.running, admission.waiting]).toEqual([0, 0]);
  });

  it('of a client that has gone away before is not begun', async () => {
    const admission = makeAdmission(limits);
    const gone = client();
    gone.goAway();
    const asked = work();
    await expect(admission.run(gone.request, asked.run)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
    });
    expect([asked.hasBegun(), admission.running]).toEqual([false, 0]);
  });

  it('that fails gives its place on', async () => {
    const admission = makeAdmission(limits);
    const failing = admission.run(client().request, () => Promise.reject(new Error('no')));
    const next = admission.run(client().request, async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
