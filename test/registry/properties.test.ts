import { describe, expect, it } from 'vitest';
import { parseObject } from '../../src/registry/lenient-json.js';
import { checkProperties } from '../../src/registry/properties.js';
import { failure } from '../deployment/failure.js';
import { CLASSIFIER_INFO } from './store.js';

const refusalOf = async (text: string): Promise<string> =>
  (await failure(() => checkProperties(parseObject(text, 'It')))).code;

describe('what a client says of a model', () => {
  it('is kept as it is, but for what the registry says itself', () => {
    const stated = {
      name: 'Cups',
      originType: 'offline',
      tags: ['a', { b: null }],
      modelInfo: CLASSIFIER_INFO,
    };
    const others = {
      id: 'mine',
      ID: 'mine',
      created: '1999',
      updated: '1999',
      modelArtifactUri: 'http://elsewhere',
      deleted: true,
    };
    const { name, deprecated, others: kept } = checkProperties({ ...stated, ...others, deprecated: true });
    expect({ name, deprecated }).toEqual({ name: 'Cups', deprecated: true });
    expect({ name, ...kept }).toEqual(stated);
  });

  it('may be written as people write it', () => {
    const text = '{ "name": "Cups", // which\n "originType": "offline",\n}';
    expect(parseObject(text, 'It')).toEqual({ name: 'Cups', originType: 'offline' });
  });

  it.each([
    'Your Model - 0615-1342-45',
    `'; DROP TABLE model; --`,
    '日本語 🫖',
    '"quoted" \\ %_',
    'x'.repeat(200),
  ])('may have the name %s', (name) => {
    expect(checkProperties({ name }).name).toBe(name);
  });

  it.each([
    ['nothing', ''],
    ['no object', '[1]'],
    ['a text', '"Cups"'],
    ['null', 'null'],
    ['no JSON', '{ name'],
    ['no name', '{}'],
    ['a number for a name', '{"name": 3}'],
    ['a blank name', '{"name": "  "}'],
    ['a name with a line end', '{"name": "a\\nb"}'],
    ['half a character for a name', '{"name": "\\ud800"}'],
    ['a name of 201 characters', JSON.stringify({ name: 'x'.repeat(201) })],
    ['deprecated that is a word', '{"name": "a", "deprecated": "yes"}'],
    ['too much', JSON.stringify({ name: 'a', notes: 'x'.repeat(70_000) })],
    ['far too much', JSON.stringify({ name: 'a', notes: 'x'.repeat(200_000) })],
    ['a key that changes objects', '{"name": "a", "__proto__": {"x": 1}}'],
    ['such a key within', '{"name": "a", "b": [{"constructor": {"prototype": 1}}]}'],
    ['too deep', `{"name": "a", "b": ${'['.repeat(50)}${']'.repeat(50)}}`],
  ])('is refused as a whole where it is %s', async (_, text) => {
    expect(await refusalOf(text)).toBe('ERR_REGISTRY_DESCRIPTION');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('is refused at once where its modelInfo describes nothing', async () => {
    const text = JSON.stringify({ name: 'a', modelInfo: { input: { inputType: 'smell' } } });
    expect(await refusalOf(text)).toBe('ERR_METADATA_INVALID');
  });
});
