/** A model's name that nobody has to give. */
import { webcrypto } from 'node:crypto';

/** SHA-256 in hexadecimal, computed on another thread. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
