/** Ends by itself, with an open session that is idle or that still computes. */
import { openSession, someInput } from './session.mjs';

const session = await openSession();
const answer = session.run([someInput(session)]);
if (process.argv[3] === 'idle') await answer;
void answer.then(() => console.log('answered'));
