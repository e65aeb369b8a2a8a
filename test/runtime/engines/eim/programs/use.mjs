/** Uses the .eim given as the first argument and ends in the way that the second names, without closing it. */
import { openEim } from '../../../../../dist/runtime/engines/eim.js';

const [, , path, how] = process.argv;
const runner = await openEim(path, { allowExecution: true, isolation: 'none' });
await runner.classify(new Float32Array(4));

if (how === 'exit') process.exit(5);
if (how === 'throw') throw new Error('on purpose');
if (how === 'kill') process.kill(process.pid, 'SIGKILL');
if (how === 'exit in request') {
  runner.classify(new Float32Array(4)).catch(() => {});
  setTimeout(() => process.exit(5), 20);
}
