/** One trial of onnxruntime-node by itself: `run()` with its default options. `{ source, threads, warmup, runs, lateMs }` */
import * as ort from 'onnxruntime-node';
import { someTensor } from '../support/inputs.mjs';
import { latenessOf, printFigures, timesOf } from '../support/measure.mjs';

const { source, threads, lateMs, ...counts } = JSON.parse(process.argv[2]);
const session = await ort.InferenceSession.create(source, { intraOpNumThreads: threads });
const [{ name, shape }] = session.inputMetadata;
const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
const input = new ort.Tensor('float32', someTensor(sizes), sizes);
const run = () => session.run({ [name]: input });
printFigures({ ...(await timesOf(run, counts)), ...(await latenessOf(run, lateMs)) });
