import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { impulse } from './command.js';

const COMMANDS = [
  'classify',
  'inspect',
  'features',
  'convert',
  'build',
  'download',
  'compile',
  'tune',
  'bench',
  'serve',
  'models ls',
  'models add',
  'models show',
  'models rm',
  'models transcode',
  'doctor',
];
const document = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

async function optionsOf(command: string): Promise<string[]> {
  const { stdout } = await impulse([...command.split(' '), '--help']);
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1] ?? '');
  return options.filter((option) => option !== '--help');
}

describe('docs/cli.md', () => {
  it.each(COMMANDS)('names every option of %s', async (command) => {
    const options = await optionsOf(command);
    expect(options).toContain('--json');
    const start = document.indexOf(`## impulse ${command.split(' ')[0]}`);
    const end = document.indexOf('\n## ', start + 1);
    const section = document.slice(start, end < 0 ? undefined : end);
    expect(
      options.filter((option) => !section.includes(`\`${option}`) && !section.includes(`[${option}]`)),
    ).toEqual([]);
  });

  it('names no option that does not exist', async () => {
    const real = new Set((await Promise.all(COMMANDS.map(optionsOf))).flat());
    const named = new Set(document.match(/(?<=[\s`[])--[a-z][\w-]*/g));
    expect(
      [...named].filter((option) => !real.has(option) && !['--help', '--version'].includes(option)),
    ).toEqual([]);
  });
});
