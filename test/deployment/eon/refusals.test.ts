import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuildEonModel } from '../../../src/deployment/eon.js';
import { ImpulseError } from '../../../src/errors.js';
import { eonCode, GRAMMARS } from '../../fixtures/eon-writer.js';
import { tinyClassifier, tinyFomo } from '../../fixtures/models.js';
import { failure } from '../failure.js';
import { read } from './equal-models.js';

const NAME = 'model_compiled.cpp';
const CODE = eonCode(read(tinyFomo({ dataType: 'int8' })));
const OLDER = eonCode(read(tinyFomo({ dataType: 'int8' })), { grammar: 'until 2023' });

const refusal = (code: string): ReturnType<typeof failure> =>
  failure(async () => rebuildEonModel(Buffer.from(code), NAME));

function changed(pattern: RegExp | string, replacement: string, code = CODE): string {
  const after = code.replace(pattern, replacement);
  if (after === code) throw new TypeError(`${pattern} is not in the code.`);
  return after;
}

describe('EON code of another form is refused, with what was met and what to do', () => {
  it.each<[string, string, RegExp]>([
    [
      'without the table of tensors',
      changed('TensorInfo_t tensorData[]', 'TensorInfo_t layers[]'),
      /it does not declare tensorData/,
    ],
    [
      'without the struct of its rows',
      changed('struct TensorInfo_t', 'struct Layer_t'),
      /it declares no struct TensorInfo_t/,
    ],
    ['without operators', changed(/tflNodes\[/g, 'steps['), /it does not declare tflNodes or nodeData/],
    [
      'without operators, in the older form',
      changed(/struct NodeInfo_t/, 'struct Step_t', OLDER),
      /it declares no struct NodeInfo_t/,
    ],
    [
      'without inputs',
      changed(/in_tensor_indices/g, 'x'),
      /it does not declare in_tensor_indices or inTensorIndices/,
    ],
    [
      'whose weights are elsewhere',
      changed('(int32_t*)g0::tensor_data', '(int32_t*)g0::packed_data'),
      /the data of tensor \d+: g0::packed_data\d+, which it does not declare/,
    ],
    [
      'whose weights are of another type',
      changed(/int8_t (tensor_data\d+)/, 'int4_t $1'),
      /is int8, but g0::tensor_data\d+ is an array of 'int4_t'/,
    ],
    [
      'with unknown quantisation',
      changed('{kTfLiteAffineQuantization', '{kTfLiteBlockwiseQuantization'),
      /the quantisation of tensor \d+ is kTfLiteBlockwiseQuantization/,
    ],
    [
      'of an operator without its options',
      changed('const_cast<void*>(static_cast<const void*>(&g0::opdata0))', 'nullptr'),
      /operator 0 \(AVERAGE_POOL_2D\) has no options/,
    ],
  ])('%s', async (_, code, message) => {
    const refused = await refusal(code);
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
    expect(refused.message).toMatch(message);
    expect(refused.message).toContain(`${NAME} is EON code of a form that can't be read as data`);
    expect(refused.message).toContain("'impulse compile'");
    expect(refused.message).toContain('"TensorFlow Lite" (not EON)');
  });
});

describe('What a TFLite model of ours has no place for is refused by name', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'control flow',
      changed(/tflNodes_subgraph_index\[\] = \{0, \d+, /, 'tflNodes_subgraph_index[] = {0, 2, 3, 5, '),
      'ERR_UNSUPPORTED_OPERATOR',
      /control flow \(3 graphs/,
    ],
    ['an operator', changed(/OP_CONV_2D/g, 'OP_SVDF'), 'ERR_UNSUPPORTED_OPERATOR', /operator \d+ \(SVDF\)/],
    [
      'an activation',
      changed(/kTfLiteActNone/, 'kTfLiteActSigmoid'),
      'ERR_UNSUPPORTED_OPERATOR',
      /kTfLiteActSigmoid for option \d of TfLite\w+Params/,
    ],
    [
      'a padding',
      changed('kTfLitePaddingValid', 'kTfLitePaddingUnknown'),
      'ERR_UNSUPPORTED_OPERATOR',
      /has 0 for padding/,
    ],
    [
      'a type',
      changed('kTfLiteMmapRo, kTfLiteInt8', 'kTfLiteMmapRo, kTfLiteInt4'),
      'ERR_UNSUPPORTED_DATA_TYPE',
      /tensor \d+ is of the type kTfLiteInt4/,
    ],
  ])('%s', async (_, code, errorCode, message) => {
    const refused = await refusal(code);
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: errorCode });
    expect(refused.message).toMatch(message);
  });
});

describe('Damaged EON code is told to be damaged', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'a constant of too few numbers',
      changed(/(int8_t tensor_data\d+\[[\d*]+\] = \{[^}]*?)-?\d+, \n\}/, '$1\n}'),
      'ERR_MODEL_INVALID',
      /tensor_data\d+ holds \d+ numbers where \d+ belong/,
    ],
    [
      'a number that the type can not hold',
      changed(/(int8_t tensor_data\d+\[[\d*]+\] = \{ \n *(?:\/\*[^/]*\*\/ )?)-?\d+/, '$1128'),
      'ERR_MODEL_INVALID',
      /tensor_data\d+ holds something else than a fitting number at place 0/,
    ],
    [
      'a number that C reads as octal',
      changed(/(int8_t tensor_data\d+\[[\d*]+\] = \{ \n *(?:\/\*[^/]*\*\/ )?)-?\d+/, '$1010'),
      'ERR_MODEL_INVALID',
      /tensor_data\d+ holds something else than a fitting number at place 0/,
    ],
    [
      'a shape of another size than its tensor',
      changed(/(tensor_dimension0 = \{ 4, \{ 1),32/, '$1,31'),
      'ERR_MODEL_INVALID',
      /tensor 0 is int8 of shape \[1,31,32,3\] but has 3072 bytes/,
    ],
    [
      'a length that is another than that of its array',
      changed('TfArray<4, int> tensor_dimension0 = { 4,', 'TfArray<4, int> tensor_dimension0 = { 3,'),
      'ERR_MODEL_INVALID',
      /tensor_dimension0 holds 4 numbers where 3 belong/,
    ],
    [
      'operators without names',
      changed(/used_ops\[\] =\n\{OP_\w+, /, 'used_ops[] =\n{'),
      'ERR_MODEL_INVALID',
      /it has \d operators, but names \d/,
    ],
    [
      'an operator on a tensor that is not there',
      changed(/(inputs0 = \{ 1, \{) \d+/, '$1 999'),
      'ERR_MODEL_INVALID',
      /names tensor 999 of/,
    ],
    ['a brace that is missing', changed(/ \} \};\n/, ' }\n'), 'ERR_METADATA_INVALID', /line \d+: expected/],
    [
      'half a file',
      CODE.slice(0, CODE.length / 2),
      'ERR_DEPLOYMENT_TRUNCATED',
      /cut short: it ends before the functions that run the model/,
    ],
    [
      'a file without its last line',
      CODE.slice(0, CODE.lastIndexOf('}')),
      'ERR_DEPLOYMENT_TRUNCATED',
      /cut short: it ends within a function/,
    ],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 4\n',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /Git LFS/,
    ],
  ])('%s', async (_, code, errorCode, message) => {
    const refused = await refusal(code);
    expect(refused).toMatchObject({ name: 'DeploymentError', code: errorCode });
    expect(refused.message).toMatch(message);
  });
});

describe('EON code made to be expensive is refused in little time', () => {
  const list = Array.from({ length: 20_000 }, () => 1).join();

  it('many tensors that share one long list of scales', async () => {
    const rows = '{ kTfLiteMmapRo, kTfLiteInt8, tensor_arena, &d, 1, {kTfLiteAffineQuantization, &q} },\n';
    const refused = await refusal(
      `struct TensorInfo_t { A allocation_type; T type; void* data; I* dims; size_t bytes; Q quantization; };
       const TfArray<1, int> d = { 1, { 1 } };
       const TfArray<20000, float> s = { 20000, { ${list} } };
       const TfArray<1, int> z = { 1, { 0 } };
       const TfLiteAffineQuantization q = { &s, &z, 0 };
       TensorInfo_t tensorData[] = {\n${rows.repeat(20_000)}};\nint m_init() {}\n`,
    );
    expect(refused).toMatchObject({ code: 'ERR_MODEL_INVALID' });
    expect(refused.message).toMatch(/uses the same numbers for too many different things/);
  });

  it.each<[string, string, string]>([
    ['a million braces', `int x = ${'{'.repeat(1_000_000)}; m_init()`, 'ERR_METADATA_INVALID'],
    ['a million namespaces', `${'namespace a {'.repeat(100_000)} m_init()`, 'ERR_METADATA_INVALID'],
    ['a declaration without end', `${'word '.repeat(200_000)} m_init()`, 'ERR_METADATA_INVALID'],
    ['a million lists', `${'{1}'.repeat(1_000_000)} m_init()`, 'ERR_MODEL_INVALID'],
    ['lists that break off', `${'{1,2,'.repeat(500_000)} m_init()`, 'ERR_DEPLOYMENT_TRUNCATED'],
    ['text without end', `m_init() // ${'x'.repeat(5_000_000)}`, 'ERR_UNSUPPORTED_ENGINE'],
  ])('%s', async (_, code, errorCode) => {
    expect(await refusal(code)).toMatchObject({ code: errorCode });
  });
});

describe.each(GRAMMARS)('Whatever happens to EON code of the form %s', (grammar) => {
  const code = Buffer.from(eonCode(read(tinyClassifier({ dataType: 'int8' })), { grammar }));

  /** True if the code gives a model that our own verifier takes, or a typed error. */
  function isHandled(bytes: Uint8Array): boolean {
    try {
      read(rebuildEonModel(bytes, NAME));
    } catch (error) {
      if (!(error instanceof ImpulseError)) throw error;
    }
    return true;
  }

  it('cut anywhere, it is refused', () => {
    const end = code.lastIndexOf('}');
    fc.assert(
      fc.property(fc.nat({ max: end }), (length) => {
        expect(() => rebuildEonModel(code.subarray(0, length), NAME)).toThrow(ImpulseError);
      }),
      { numRuns: 300 },
    );
  });

  it('with any bytes changed, it is read or refused', () => {
    const change = fc.tuple(fc.nat({ max: code.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(code);
        for (const [at, value] of changes) bytes[at] = value;
        return isHandled(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('with any part left out or doubled, it is read or refused', () => {
    const part = fc.tuple(fc.nat({ max: code.length }), fc.nat({ max: 300 }), fc.boolean());
    fc.assert(
      fc.property(part, ([at, length, doubled]) => {
        const tail = code.subarray(doubled ? at : at + length);
        return isHandled(Buffer.concat([code.subarray(0, doubled ? at + length : at), tail]));
      }),
      { numRuns: 300 },
    );
  });
});
