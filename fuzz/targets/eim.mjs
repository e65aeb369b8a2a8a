import { AnswerSplitter, MalformedAnswer } from '../../dist/runtime/engines/eim/messages.js';
import { decodeResult, readTracked } from '../../dist/runtime/engines/runner/decode.js';
import { describeRunner, innerEngine } from '../../dist/runtime/engines/runner/impulse.js';
import { parseAnswer, readClassifyAnswer, readHello } from '../../dist/runtime/engines/runner/protocol.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { mutateJson } from '../mutate-text.mjs';
import { bytesOf, textOf } from './support.mjs';

export const exchanges = () => ownSeeds('eim').map(({ bytes }) => JSON.parse(textOf(bytes)));

/** A greeting and an answer, one of them damaged, as they are sent. */
export function hostileMessages(random, seeds) {
  const messages = random.pick(seeds);
  const damaged = random.below(messages.length);
  const texts = messages.map((message, at) =>
    at === damaged || random.chance(0.2) ? mutateJson(random, message) : JSON.stringify(message),
  );
  return texts.map((text) => {
    const bytes = bytesOf(`${text}\n\0`);
    return random.chance(0.1) ? mutateBytes(random, bytes, []) : bytes;
  });
}

export default {
  seeds: exchanges,
  make: (random, seeds) => ({
    messages: hostileMessages(random, seeds),
    piece: random.pick([1, 3, 100, 1e9]),
  }),
  refuses: (error) => error instanceof MalformedAnswer,
  run({ messages, piece }) {
    const splitter = new AnswerSplitter();
    const answers = messages
      .flatMap((message) => piecesOf(message, piece).flatMap((part) => splitter.push(part)))
      .map(parseAnswer);
    const [first, second] = answers;
    if (first === undefined || second === undefined) return;
    const hello = readHello(first.body);
    const { impulse } = describeRunner(hello);
    innerEngine(hello);
    const { result } = readClassifyAnswer(second.body);
    decodeResult(result, impulse, [new Float32Array(4)]);
    readTracked(result, impulse.learnBlocks);
  },
};

/** Large ones in larger pieces: no system hands out millions of single bytes. */
function piecesOf(bytes, wanted) {
  const size = Math.max(wanted, Math.ceil(bytes.length / 50_000));
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * size, (i + 1) * size)));
}
