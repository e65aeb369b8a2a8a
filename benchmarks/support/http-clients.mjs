/**
 * Clients that keep their connection and post the same picture again as soon as they are answered, with as little work as there
 * can be, since they share the machine with the server that is measured.
 *
 * @typedef {{ seconds: number, answered: number, perSecond: number, refused: number, wrong: number, p50: number, p99: number,
 *   longest: number }} Load `refused`: answers 429 and 503; `wrong`: anything else but 200, and broken connections;
 *   p50, p99, longest: milliseconds of those answered
 */
import { connect } from 'node:net';
import { quantile } from './statistics.mjs';

const BOUNDARY = 'impulse-benchmark-boundary';
const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * @param {{ port: number, path: string, field: string, bytes: Uint8Array, clients: number, seconds: number }} load
 * @returns {Promise<Load>}
 */
export async function postFromMany({ port, path, field, bytes, clients, seconds }) {
  const request = requestOf(path, field, bytes);
  const results = { times: [], refused: 0, wrong: 0 };
  const started = performance.now();
  const end = started + seconds * 1000;
  await Promise.all(Array.from({ length: clients }, () => client(port, request, end, results)));
  const elapsed = (performance.now() - started) / 1000;
  const times = results.times.sort((a, b) => a - b);
  return {
    seconds: elapsed,
    answered: times.length,
    perSecond: times.length / elapsed,
    refused: results.refused,
    wrong: results.wrong,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    longest: times.at(-1) ?? Number.NaN,
  };
}

function requestOf(path, field, bytes) {
  const before = Buffer.from(
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${field}"; filename="photo.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const length = before.length + bytes.length + after.length;
  const head = Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${length}\r\n\r\n`,
  );
  return Buffer.concat([head, before, bytes, after]);
}

/** One after the other until `end`; a connection that breaks counts once and ends it. */
function client(port, request, end, results) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = 0;
    let received = Buffer.alloc(0);
    const send = () => {
      if (performance.now() >= end) return socket.destroy();
      sent = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = answerIn(received);
      if (answer === undefined) return;
      received = received.subarray(answer.length);
      if (answer.status === 200) results.times.push(performance.now() - sent);
      else if (answer.status === 429 || answer.status === 503) results.refused++;
      else results.wrong++;
      send();
    });
    socket.on('error', () => results.wrong++);
    socket.on('close', resolve);
  });
}

/** @returns the status and length of a whole answer, undefined until it is there */
function answerIn(received) {
  const headerEnd = received.indexOf(HEADER_END);
  if (headerEnd < 0) return undefined;
  const header = received.toString('latin1', 0, headerEnd);
  const status = Number(header.slice(9, 12));
  const length = headerEnd + 4 + Number(/content-length: (\d+)/i.exec(header)?.[1] ?? 0);
  return received.length < length ? undefined : { status, length };
}
