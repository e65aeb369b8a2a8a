/** What lets a client connect for job updates: random, short-lived, of one project, and kept in memory alone. */
import { randomBytes } from 'node:crypto';

export interface SocketToken {
  readonly socketToken: string;
  /** ISO 8601. */
  readonly expires: string;
}

export interface SocketTokens {
  issue(projectId: number): SocketToken;
  /** The project that it was issued for; undefined for what was never issued, or has expired. */
  projectOf(socketToken: string): number | undefined;
}

/** A client connects at once; one that has lost its connection asks for another token. */
const LIFETIME_MS = 60_000;
const MOST_KEPT = 1_000;

export function makeSocketTokens(now: () => number = Date.now): SocketTokens {
  const issued = new Map<string, { readonly projectId: number; readonly expiresAt: number }>();

  /** In the order of issue, which is that of expiry. */
  function forgetOld(): void {
    for (const [token, { expiresAt }] of issued) {
      if (expiresAt > now() && issued.size < MOST_KEPT) return;
      issued.delete(token);
    }
  }

  return {
    issue(projectId) {
      forgetOld();
      const socketToken = randomBytes(32).toString('hex');
      const expiresAt = now() + LIFETIME_MS;
      issued.set(socketToken, { projectId, expiresAt });
      return { socketToken, expires: new Date(expiresAt).toISOString() };
    },

    projectOf(socketToken) {
      const token = issued.get(socketToken);
      return token !== undefined && token.expiresAt > now() ? token.projectId : undefined;
    },
  };
}
