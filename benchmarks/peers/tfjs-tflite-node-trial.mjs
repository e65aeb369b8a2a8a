/**
 * One trial of tfjs-tflite-node, as its README has it: a picture becomes a tensor, TensorFlow.js resizes and scales it, `predict()`,
 * `dataSync()`. sharp decodes, since `tf.node` needs another package.
 *
 * `{ source, file, decoded, side, dataType, threads, warmup, runs, lateMs }`; `decoded`: whether the pixels are there already
 */
import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { latenessOf, printFigures, timesOf } from '../support/measure.mjs';
import { buildTfjsTfliteNode } from './build-tfjs-tflite-node.mjs';

const { source, file, decoded, side, dataType, threads, lateMs, ...counts } = JSON.parse(process.argv[2]);
buildTfjsTfliteNode();
const { loadTFLiteModel } = await import('tfjs-tflite-node');
const model = await loadTFLiteModel(source, threads === undefined ? {} : { numThreads: threads });
const bytes = readFileSync(file);
const decode = () => sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
const pixels = decoded ? await decode() : undefined;

async function classify() {
  const { data, info } = pixels ?? (await decode());
  const output = tf.tidy(() => {
    const picture = tf.tensor3d(data, [info.height, info.width, info.channels], 'int32');
    const resized = tf.expandDims(tf.image.resizeBilinear(picture, [side, side]));
    return model.predict(dataType === 'int8' ? tf.cast(tf.sub(resized, 128), 'int32') : tf.div(resized, 255));
  });
  const scores = output.dataSync();
  output.dispose();
  return scores;
}

printFigures({ ...(await timesOf(classify, counts)), ...(await latenessOf(classify, lateMs)) });
