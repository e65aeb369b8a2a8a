import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlCommand } from '../../src/web/curl.js';

const url = 'http://127.0.0.1:4917/v1/models/a/classify/image';

/** What a shell makes of a command: its arguments, and what it is given on standard input. */
function inShell(command: string): { args: string[]; input: string } {
  const script = `curl() { printf '%s\\0' "$@"; printf '\\1'; cat; }\n${command}\n`;
  const output = execFileSync('sh', { encoding: 'utf8', input: script, env: { IMPULSE_API_KEY: 'k' } });
  const [args = '', input = ''] = output.split('\u0001');
  return { args: args.split('\0').slice(0, -1), input };
}

describe('the curl command', () => {
  it('of a picture names its file', () => {
    expect(curlCommand({ url, hasKey: false, body: { fileName: 'photo.jpg' } })).toBe(
      `curl -F image=@photo.jpg ${url}`,
    );
  });

  it.each([
    ['my photo.jpg', 'image=@"my photo.jpg"'],
    ['it\'s; a, "test".png', 'image=@"it\'s; a, \\"test\\".png"'],
    ['$(reboot).jpg', 'image=@"$(reboot).jpg"'],
  ])('of %s is quoted for the shell and for curl', (fileName, form) => {
    const { args } = inShell(
      curlCommand({ url: `${url}?threshold=min_score%3D0.4`, hasKey: false, body: { fileName } }),
    );
    expect(args).toEqual(['-F', form, `${url}?threshold=min_score%3D0.4`]);
  });

  it('takes the key from the environment, and never holds it', () => {
    const { args } = inShell(curlCommand({ url, hasKey: true, body: { fileName: 'a.png' } }));
    expect(args.slice(0, 2)).toEqual(['-H', 'x-api-key: k']);
  });

  it('of a window gives the numbers on standard input, however many', () => {
    const features = Array.from({ length: 32_000 }, (_, index) => index / 7);
    const { args, input } = inShell(curlCommand({ url, hasKey: false, body: { features } }));
    expect(args).toEqual(['-H', 'content-type: application/json', '--data-binary', '@-', url]);
    expect(JSON.parse(input)).toEqual({ features });
  });
});
