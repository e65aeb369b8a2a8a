/**
 * The process of one trial: opens a deployment as any program would, and measures it. Nothing is imported before the order
 * comes, so that importing the package can be measured.
 */
import type { ClassifyInput, Deployment } from '../index.js';
import type { FromTrial, Opened, TrialInput, TrialOrder } from './protocol.js';

const startMs = performance.now();

/** Milliseconds between two signs of life. */
const SIGN_OF_LIFE_MS = 500;

process.once('disconnect', leave);
process.once('SIGTERM', leave);
process.once('message', (order: TrialOrder) => void answer(order));

/** First what ends runners and isolated models; then at once, since a library that hangs would not let the process end. */
function leave(): void {
  process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
  process.exit();
}

async function answer(order: TrialOrder): Promise<void> {
  try {
    await run(order);
  } catch (error) {
    const { serializeError } = await import('../errors.js');
    await send({ type: 'failed', error: serializeError(error) });
  }
  process.disconnect?.();
}

async function run({ source, options, measure: measurement }: TrialOrder): Promise<void> {
  const input = measurement && inputOf(measurement.input);
  const importingAt = performance.now();
  const { openDeployment } = await import('../index.js');
  const importMs = performance.now() - importingAt;
  const imported = process.memoryUsage.rss();
  const openingAt = performance.now();
  await using deployment = await openDeployment(source, options);
  const openMs = performance.now() - openingAt;
  const opened = process.memoryUsage.rss();
  await send({ type: 'opened', opened: describe(deployment) });
  if (measurement === undefined || input === undefined) return;
  const callingAt = performance.now();
  await deployment.classify(input);
  const classifyMs = performance.now() - callingAt;
  const firstAnswerMs = {
    start: startMs,
    import: importMs,
    open: openMs,
    classify: classifyMs,
    total: startMs + importMs + openMs + classifyMs,
  };
  const { measure } = await import('./measure.js');
  const { peakResidentBytes } = await import('./peak-memory.js');
  const measured = await measure(deployment, input, measurement, signsOfLife());
  const { heapUsed } = process.memoryUsage();
  const memoryBytes = { imported, opened, peak: peakResidentBytes(), heapUsed };
  await send({ type: 'measured', round: { firstAnswerMs, ...measured, memoryBytes } });
}

function inputOf(input: TrialInput): ClassifyInput {
  switch (input.kind) {
    case 'picture':
      return Buffer.from(input.base64, 'base64');
    case 'frame': {
      const { width, height } = input;
      return { data: Buffer.from(input.base64, 'base64'), width, height, channels: 3 };
    }
    case 'features':
      return { features: Float32Array.from(input.features) };
  }
}

function describe(deployment: Deployment): Opened {
  const { format, project, input, runner, warnings, learnBlocks } = deployment.info();
  const models = learnBlocks.flatMap(({ model }) => {
    if (model === undefined) return [];
    const { name, format, bytes, engine } = model;
    return [{ name, format, bytes, ...engine }];
  });
  return { format, project, input, ...(runner !== undefined && { runner }), warnings, models };
}

/** Called often, it sends seldom. */
function signsOfLife(): () => void {
  let sentAt = performance.now();
  return () => {
    const now = performance.now();
    if (now - sentAt < SIGN_OF_LIFE_MS) return;
    sentAt = now;
    void send({ type: 'working' });
  };
}

/** A parent that has gone is told of by 'disconnect'. */
function send(message: FromTrial): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
