import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/package-version.js';
import { impulse } from './command.js';

describe('wrong usage ends with exit code 2, a message on stderr and nothing on stdout', () => {
  it.each([
    ['no command at all', [], 'Usage: impulse'],
    ['an unknown command, naming the nearest', ['clasify', 'a.zip', 'b.jpg'], 'Did you mean classify?'],
    [
      'an unknown option, naming the nearest',
      ['classify', 'a', 'b', '--thredshold', 'x=1'],
      'Did you mean --threshold?',
    ],
    ['an unknown option of the program', ['--versoin'], 'Did you mean --version?'],
    ['no deployment', ['classify'], "missing required argument 'deployment'"],
    ['no picture', ['classify', 'a.zip'], "missing required argument 'image'"],
    ['too many deployments', ['inspect', 'a.zip', 'b.zip'], 'too many arguments'],
    [
      'an unknown engine, naming the nearest',
      ['inspect', 'a.zip', '--engine', 'tflit'],
      "Did you mean 'tflite'?",
    ],
    [
      'an unknown resize mode',
      ['inspect', 'a.zip', '--resize-mode', 'fit-shrt'],
      "Did you mean 'fit-short'?",
    ],
    ['threads that are no number', ['inspect', 'a.zip', '--threads', 'two'], 'Expected a whole number.'],
    ['no threads', ['inspect', 'a.zip', '--threads', '0'], 'ERR_OPTION_INVALID'],
    ['a threshold without a value', ['inspect', 'a.zip', '--threshold', 'min_score'], 'Expected key=value'],
    [
      'a threshold that is no number',
      ['inspect', 'a.zip', '--threshold', 'min_score=high'],
      'Expected key=value',
    ],
    ['an empty threshold', ['inspect', 'a.zip', '--threshold', 'min_score= '], 'Expected key=value'],
    [
      'an option of a delegate without a value',
      ['inspect', 'a.zip', '--tflite-delegate', 'a.so', '--delegate-option', 'device'],
      'Expected key=value',
    ],
    [
      'an option of no delegate',
      ['inspect', 'a.zip', '--delegate-option', 'device=usb'],
      'give its library too, with --tflite-delegate',
    ],
    [
      'a delegate for another engine',
      ['inspect', 'a.zip', '--tflite-delegate', 'a.so', '--engine', 'onnx'],
      "but the engine 'onnx' was asked for",
    ],
    [
      'WebGPU in the process of the command',
      ['inspect', 'a.zip', '--execution-provider', 'webgpu', '--isolation', 'none'],
      'runs in a process of its own only',
    ],
    ['frames without a size', ['classify', 'a.zip', '-', '--frames', '640'], 'Expected WIDTHxHEIGHT'],
    ['frames of no size', ['classify', 'a.zip', '-', '--frames', '0x480'], 'Expected WIDTHxHEIGHT'],
    [
      'frames that are not on stdin',
      ['classify', 'a.zip', 'b.jpg', '--frames', '8x8'],
      "'-' as the only image",
    ],
    [
      'frames beside a picture',
      ['classify', 'a.zip', '-', 'b.jpg', '--frames', '8x8'],
      "'-' as the only image",
    ],
    ['two pictures on one stdin', ['classify', 'a.zip', '-', '-'], 'more than once'],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await impulse(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('help', () => {
  it.each([
    [['--help'], ['Usage: impulse', 'classify', 'inspect', 'doctor', 'Examples:', 'Exit codes:']],
    [
      ['classify', '--help'],
      [
        '--json',
        '--annotate <dir>',
        '--frames <WxH>',
        '--track',
        '--threshold <key=value>',
        '--timing',
        'Examples:',
      ],
    ],
    [
      ['inspect', '--help'],
      ['--json', '--engine <name>', 'Examples:'],
    ],
    [
      ['bench', '--help'],
      ['--compare', '--runs <n>', '--seconds <s>', '--plot <file>', '--engine <name>', 'Examples:'],
    ],
    [
      ['doctor', '--help'],
      ['--json', 'Examples:'],
    ],
    [['help', 'classify'], ['Usage: impulse classify']],
  ])('%j goes to stdout and ends well', async (args, texts) => {
    const { code, stdout, stderr } = await impulse(args);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const text of texts) expect(stdout).toContain(text);
  });

  it('--version prints the version of the package', async () => {
    expect(await impulse(['--version'])).toMatchObject({
      code: 0,
      stdout: `${packageVersion()}\n`,
      stderr: '',
    });
  });
});
