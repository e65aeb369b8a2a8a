import { readOnnxModel } from '../../dist/deployment/onnx.js';
import { parsePythonLiteral } from '../../dist/deployment/python-literal.js';
import { readUltralyticsProperties } from '../../dist/deployment/ultralytics.js';
import { ownSeeds, sharedSeeds } from '../corpus.mjs';
import { mutateText } from '../mutate-text.mjs';
import { damagedFile, prepared } from './support.mjs';

const LITERALS = ["{0: 'red', 1: 'it\\'s', 2: \"blue\"}", '[8, 8]', "['a', (1, 2.5), None, True]"];

export default {
  seeds: () => prepared([...ownSeeds('onnx'), ...sharedSeeds(/\.onnx$/)]),
  make(random, seeds) {
    if (random.chance(0.2)) return { literal: mutateText(random, random.pick(LITERALS)) };
    return damagedFile(random, seeds);
  },
  run({ bytes, literal }) {
    if (literal === undefined) readOnnxModel(bytes);
    else {
      parsePythonLiteral(literal);
      readUltralyticsProperties(
        new Map([
          ['names', literal],
          ['imgsz', literal],
          ['task', 'detect'],
        ]),
      );
    }
  },
};
