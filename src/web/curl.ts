/** The same request for a terminal. Knows no browser. */

export interface CurlRequest {
  readonly url: string;
  /** Whether the server was given a key; the key itself is never written down. */
  readonly hasKey: boolean;
  /** Name of a file, or the numbers. */
  readonly body: { readonly fileName: string } | { readonly features: ArrayLike<number> };
}

/** @returns a command for a POSIX shell; the key is expected in `$IMPULSE_API_KEY` */
export function curlCommand({ url, hasKey, body }: CurlRequest): string {
  const key = hasKey ? ' -H "x-api-key: $IMPULSE_API_KEY"' : '';
  if ('fileName' in body) return `curl${key} -F ${quoted(formFile(body.fileName))} ${quoted(url)}`;
  // Through standard input, since a window of sound is longer than a command line may be.
  const json = JSON.stringify({ features: Array.from(body.features) });
  return `curl${key} -H 'content-type: application/json' --data-binary @- ${quoted(url)} <<'END'\n${json}\nEND`;
}

/** curl reads `;` and `,` in the name of a file, unless it stands in double quotes. */
function formFile(name: string): string {
  const isPlain = /^[\w.-]+$/.test(name);
  return `image=@${isPlain ? name : `"${name.replace(/[\\"]/g, '\\$&')}"`}`;
}

function quoted(text: string): string {
  return /^[\w.@=:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
