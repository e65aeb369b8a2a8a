/** The table of last layers. A new one is a file here and a row below. */
import type { ObjectDetectionLastLayer } from '../../deployment/impulse.js';
import { UnsupportedError } from '../../errors.js';
import type { DetectionDecoder } from './decoder.js';
import { fomo } from './fomo.js';
import { mobilenetSsd } from './mobilenet-ssd.js';
import { paddleocr } from './paddleocr.js';
import { qcFaceDetLite } from './qc-face-det-lite.js';
import { taoSsd } from './tao-ssd.js';
import { taoYolov3, taoYolov4 } from './tao-yolo.js';
import { yoloPro } from './yolo-pro.js';
import { yolov2Akida } from './yolov2-akida.js';
import { yolov5, yolov5v5 } from './yolov5.js';
import { yolov7 } from './yolov7.js';
import { yolov11, yolov11Abs } from './yolov11.js';
import { yolox } from './yolox.js';

const DECODERS: Partial<Record<ObjectDetectionLastLayer, DetectionDecoder>> = {
  'mobilenet-ssd': mobilenetSsd,
  fomo,
  yolov5,
  'yolov5v5-drpai': yolov5v5,
  'yolov2-akida': yolov2Akida,
  yolox,
  yolov7,
  'yolo-pro': yoloPro,
  'tao-retinanet': taoSsd,
  'tao-ssd': taoSsd,
  'tao-yolov3': taoYolov3,
  'tao-yolov4': taoYolov4,
  yolov11,
  'yolov11-abs': yolov11Abs,
  'paddleocr-detector': paddleocr,
  'qc-face-det-lite': qcFaceDetLite,
};

/**
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`
 */
export function detectionDecoder(lastLayer: ObjectDetectionLastLayer): DetectionDecoder {
  const decoder = Object.hasOwn(DECODERS, lastLayer) ? DECODERS[lastLayer] : undefined;
  if (decoder !== undefined) return decoder;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_LAST_LAYER',
    `The object-detection last layer '${lastLayer}' is not decoded in this version. Those that are: ${Object.keys(DECODERS).join(', ')}.`,
  );
}
