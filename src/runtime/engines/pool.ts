/** Several sessions of one model, for runs side by side. */
import type { ModelSession, SessionDetails } from '../session.js';

interface Member {
  readonly session: ModelSession;
  /** Runs that it has been given and has not ended. */
  pending: number;
}

/**
 * One session in front of several of the same model on the same engine: each run goes to the one with the least to do,
 * the first of them where several are equal, so that a pool that is not needed costs only its memory.
 */
export function poolSessions(first: ModelSession, others: readonly ModelSession[]): ModelSession {
  const members = [first, ...others].map((session): Member => ({ session, pending: 0 }));
  return {
    inputs: first.inputs,
    outputs: first.outputs,
    details: { ...first.details, sessions: members.length },
    async run(inputs) {
      const member = leastBusy(members);
      member.pending += 1;
      try {
        return await member.session.run(inputs);
      } finally {
        member.pending -= 1;
      }
    },
    async close() {
      await Promise.all(members.map(({ session }) => session.close()));
    },
  };
}

/** The same session, with other words about it. */
export function withDetails(session: ModelSession, details: SessionDetails): ModelSession {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    details,
    run: (inputs) => session.run(inputs),
    close: () => session.close(),
  };
}

function leastBusy(members: readonly Member[]): Member {
  return members.reduce((least, member) => (member.pending < least.pending ? member : least));
}
