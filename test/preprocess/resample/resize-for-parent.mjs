/** Resizes on the addon that the argument names, in a process whose environment says which instructions it may use. */
import { createRequire } from 'node:module';

const addon = createRequire(import.meta.url)(process.argv[2]);

process.once('message', (jobs) => {
  const results = jobs.map(({ frame, plan, length }) =>
    addon.resizeFrame(frame, plan, new Uint8Array(length)),
  );
  process.send({ cpuLevel: addon.cpuLevel, results }, () => process.disconnect());
});
