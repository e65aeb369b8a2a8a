/** Opens sessions and forgets them. Prints how many threads there are before and after. `node --expose-gc` */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession, someInput } from './session.mjs';

const SESSIONS = 40;
const threads = () => readdirSync('/proc/self/task').length;

const kept = await openSession();
const before = threads();
let answered = 0;
for (let i = 0; i < SESSIONS; i++) {
  const session = await openSession();
  // Nobody but the run itself knows the session while it computes.
  void session.run([someInput(session)]).then(() => answered++);
}
const most = threads();
while (answered < SESSIONS) {
  globalThis.gc();
  await sleep(5);
}
for (let i = 0; i < 100 && threads() > before; i++) {
  globalThis.gc();
  await sleep(5);
}
console.log(JSON.stringify({ before, most, after: threads(), answered }));
await kept.close();
