/** One opening in a fresh process, `node open-trial.mjs PACKAGE [read]`: prints the milliseconds of its stages as JSON. */
const [, , path, only] = process.argv;
const started = performance.now();
const { openDeployment } = await import('../../dist/index.js');
const { openContents } = await import('../../dist/deployment/open.js');
const imported = performance.now();
if (only === 'read') {
  await openContents(path);
  print({ read: performance.now() - imported });
} else {
  const deployment = await openDeployment(path, { engine: 'tflite' });
  const opened = performance.now();
  const { width, height } = deployment.info().input;
  await deployment.classifyImage({ data: new Uint8Array(width * height * 3), width, height, channels: 3 });
  const answered = performance.now();
  await deployment.close();
  print({
    import: imported - started,
    open: opened - imported,
    first: answered - opened,
    total: answered - imported,
  });
}

function print(stages) {
  console.log(JSON.stringify(stages));
}
