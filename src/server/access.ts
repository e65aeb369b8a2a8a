/** Who may ask: the holder of a key, and pages of this server alone. */
import type { FastifyRequest } from 'fastify';
import { RequestError } from '../errors.js';
import { apiKeyHashes, hashOf, isKnown } from '../registry/api-keys.js';
import type { Store } from '../registry/store.js';
import { isLoopback, type ServerSettings } from './settings.js';

export interface Access {
  /** @throws {RequestError} `ERR_REQUEST_UNAUTHORIZED`: a key is demanded, and this is none */
  checkKey(key: string | undefined): void;
  /**
   * A browser tells which page makes it ask. Another site's must not be able to use a server that trusts its machine, nor may
   * one that has made its own name point here.
   *
   * @throws {RequestError} `ERR_REQUEST_FORBIDDEN`
   */
  checkOrigin(headers: FastifyRequest['headers']): void;
  readonly needsKey: boolean;
}

/** @throws {RequestError} `ERR_SERVER_ADDRESS`: others could reach the server, and there is no key */
export function makeAccess(settings: ServerSettings, store: Store): Access {
  const { host, apiKey, requireKey, allowOrigin } = settings;
  const hashes = [...apiKeyHashes(store.database), ...(apiKey === undefined ? [] : [hashOf(apiKey)])];
  const isPrivate = isLoopback(host);
  const needsKey = requireKey || !isPrivate;
  if (needsKey && hashes.length === 0) {
    throw new RequestError(
      'ERR_SERVER_ADDRESS',
      `The address ${host} demands an API key, and there is none: make one with 'impulse serve --new-key', or set IMPULSE_API_KEY.`,
    );
  }
  return {
    needsKey,
    checkKey(key) {
      if (!needsKey || (key !== undefined && isKnown(key, hashes))) return;
      throw new RequestError(
        'ERR_REQUEST_UNAUTHORIZED',
        key === undefined
          ? "This server demands an API key, in the header 'x-api-key'."
          : 'Not a valid API key.',
      );
    },
    checkOrigin({ host: asked, origin }) {
      if (asked === undefined)
        throw new RequestError('ERR_REQUEST_INVALID', 'The request has no Host header.');
      if (isPrivate && !isLoopback(hostName(asked))) {
        throw new RequestError(
          'ERR_REQUEST_FORBIDDEN',
          'Ask for 127.0.0.1 or localhost: this server is for this machine.',
        );
      }
      if (origin === undefined || origin === allowOrigin || origin === `http://${asked}`) return;
      throw new RequestError(
        'ERR_REQUEST_FORBIDDEN',
        'Pages of other sites may not use this server, unless it is started with --allow-origin.',
      );
    },
  };
}

/** Of a `Host` header: without the port, and without the brackets of IPv6. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
