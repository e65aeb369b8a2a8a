/** `yolov7`: finished detections, as many rows as were found. */
import { threshold, toPixel } from '../boxes.js';
import { dequantise } from '../dequantise.js';
import { labelAt } from '../labels.js';
import type { PixelBox } from '../results.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor, tableMismatch } from './decoder.js';

const f = Math.fround;

/** batch, xmin, ymin, xmax, ymax, class, score. */
const COLUMNS = 7;

/** One tensor `[rows, 7]` in pixels. No clipping, no suppression; boxes come in tensor order. */
export const yolov7: DetectionDecoder = {
  tensorCount: 1,

  mismatch: ([tensor]) => tableMismatch(tensor, COLUMNS, 'batch, four corners, class, score'),

  decode(outputs, block) {
    const tensor = firstTensor(outputs);
    const data = dequantise(tensor);
    const minimum = threshold(block, 'min_score');
    const boxes: PixelBox[] = [];
    for (let row = 0; row < data.length; row += COLUMNS) {
      const value = data[row + 6] as number;
      if (!(value >= minimum && value <= 1)) continue;
      const xmin = data[row + 1] as number;
      const ymin = data[row + 2] as number;
      const width = f((data[row + 3] as number) - xmin);
      const height = f((data[row + 4] as number) - ymin);
      if (Number.isNaN(width + height)) continue;
      const labelIndex = Math.trunc(data[row + 5] as number);
      boxes.push({
        label: labelAt(block, labelIndex, tensor),
        labelIndex,
        x: toPixel(xmin),
        y: toPixel(ymin),
        width: toPixel(width),
        height: toPixel(height),
        value,
      });
    }
    return boxes;
  },
};
