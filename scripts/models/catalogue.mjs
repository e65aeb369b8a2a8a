/**
 * What the plain models in the folder of real models are, in the API's words: a model file alone does not
 * say it. Photos with what is known to be in them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const COCO_80 =
  'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush'.split(
    ',',
  );
const CIFAR_10 = 'airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck'.split(',');
const SPEECH_COMMANDS = 'down,go,left,no,off,on,right,stop,up,yes,silence,unknown'.split(',');

const numbered = (count) => Array.from({ length: count }, (_, i) => String(i));
const lines = (file) => readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
const image = (inputScaling, resizeMode = 'squash') => ({ inputType: 'image', inputScaling, resizeMode });
const classification = (labels) => ({ modelType: 'classification', labels });
const detection = (lastLayer, labels, minimumConfidence) => ({
  modelType: 'object-detection',
  lastLayer,
  labels,
  minimumConfidence,
});

/**
 * @param {string} root folder of real models
 * @returns list of `{ folder, file, modelInfo?, photos: [{ photo, top?, objects?, none? }] }`; without modelInfo
 *   the file must speak for itself
 */
export function catalogue(root) {
  const photo = (name) => join(root, 'photos', name);
  const beach = { photo: photo('kite_and_cold.jpg'), objects: ['kite', 'person'] };
  const street = { photo: photo('dog.jpg'), objects: ['dog', 'car', 'bicycle'] };
  const cat = { photo: photo('cat.bmp'), objects: ['cat'] };
  const imagenetLabels = lines(join(root, 'mobilenet-v2-imagenet-uint8', 'imagenet_labels.txt'));
  const imagenet = { input: image('-1..1'), model: classification(imagenetLabels) };
  const parrot = { photo: photo('parrot.jpg'), top: 'macaw' };
  const egyptianCat = { photo: photo('cat.bmp'), top: 'Egyptian cat' };
  return [
    ...[
      'ei-benchmark-image-96x96-0.35-color-transfer-learning-tensorflow-lite-float32-model.lite',
      'ei-benchmark-image-96x96-0.35-color-transfer-learning-tensorflow-lite-int8-quantized-model(1).lite',
    ].map((file) => ({
      folder: 'ei-benchmark-image-96',
      file,
      modelInfo: { input: image('0..1'), model: classification(numbered(3)) },
      photos: [{ photo: photo('cat.bmp'), top: '1' }],
    })),
    ...['ei-benchmark-keywords', 'ei-benchmark-keywords-i8'].map((folder) => ({
      folder,
      file: `ei-benchmark-keywords-2d-nn-classifier-tensorflow-lite-${folder.endsWith('i8') ? 'int8-quantized' : 'float32'}-model.lite`,
      modelInfo: { input: { inputType: 'other' }, model: classification(numbered(3)) },
      photos: [],
    })),
    {
      folder: 'ei-cpp-yolov5-jan-160',
      file: 'jan.lite',
      modelInfo: { input: image('0..1'), model: detection('yolov5', ['jan', 'thumbsup'], 0.35) },
      photos: [{ photo: photo('grace_hopper.bmp'), objects: ['jan'] }],
    },
    ...['trained.tflite', 'ei-fastemotrec-transfer-learning-tensorflow-lite-int8-quantized-model.lite'].map(
      (file) => ({
        folder: 'ei-dashboard-emotion-float-and-int8',
        file,
        modelInfo: { input: image('0..1', 'fit-short'), model: classification(numbered(5)) },
        photos: [{ photo: photo('grace_hopper.bmp'), top: '0' }],
      }),
    ),
    {
      folder: 'ei-dashboard-ssd-fpnlite-beer-320',
      file: 'beer-i8.lite',
      modelInfo: { input: image('0..1'), model: detection('mobilenet-ssd', ['beer'], 0.5) },
      photos: [{ photo: photo('dog.jpg'), none: true }],
    },
    {
      folder: 'fomo-balloon-openmv',
      file: 'trained.tflite',
      photos: [{ photo: photo('sunflower.bmp'), none: true }],
    },
    ...['ad01_fp32.tflite', 'ad01_int8.tflite'].map((file) => ({
      folder: 'mlperf-tiny-anomaly-autoencoder',
      file,
      modelInfo: { input: { inputType: 'other' }, model: { modelType: 'freeform' } },
      photos: [],
    })),
    ...['kws_ref_model.tflite', 'kws_ref_model_float32.tflite'].map((file) => ({
      folder: 'mlperf-tiny-kws',
      file,
      modelInfo: { input: { inputType: 'other' }, model: classification(SPEECH_COMMANDS) },
      photos: [],
    })),
    ...['pretrainedResnet.tflite', 'pretrainedResnet_quant.tflite'].map((file) => ({
      folder: 'mlperf-tiny-resnet8-cifar10',
      file,
      modelInfo: { input: image('0..255', 'fit-short'), model: classification(CIFAR_10) },
      photos: [{ photo: photo('cat.bmp'), top: 'cat' }],
    })),
    {
      folder: 'mnist-onnx',
      file: 'mnist.onnx',
      modelInfo: { input: image('0..255'), model: classification(numbered(10)) },
      photos: [{ photo: join(root, 'mnist-onnx', 'mnist_nine.bmp'), top: '9' }],
    },
    {
      folder: 'mobilenet-v1-025-imagenet-float-and-uint8',
      file: 'mobilenet_v1_0.25_224_1_default_1.tflite',
      modelInfo: imagenet,
      photos: [parrot, egyptianCat],
    },
    {
      // Labels and normalisation are packed inside.
      folder: 'mobilenet-v1-025-imagenet-float-and-uint8',
      file: 'mobilenet_v1_0.25_224_quant.tflite',
      photos: [parrot],
    },
    {
      folder: 'mobilenet-v2-imagenet-uint8',
      file: 'mobilenet_v2_1.0_224_quant.tflite',
      modelInfo: imagenet,
      photos: [parrot, egyptianCat, { photo: photo('sunflower.bmp'), top: 'daisy' }],
    },
    {
      folder: 'plant-disease-mobilenetv2-onnx-int8',
      file: 'mobilenetv2_int8.onnx',
      modelInfo: {
        input: image('torch'),
        model: classification(
          JSON.parse(
            readFileSync(join(root, 'plant-disease-mobilenetv2-onnx-int8', 'class_names.json'), 'utf8'),
          ),
        ),
      },
      photos: [],
    },
    {
      // The detection operator and a label map are inside. It takes the dog for a cat, in the reference too.
      folder: 'ssd-mobilenet-v1-coco-uint8',
      file: 'coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite',
      photos: [beach, { photo: photo('dog.jpg'), objects: ['bicycle', 'car', 'cat'] }, cat],
    },
    ...['version-RFB-320.onnx', 'version-RFB-320_without_postprocessing.tflite'].map((file) => ({
      folder: 'ultraface-320',
      file,
      modelInfo: { input: image('-1..1'), model: { modelType: 'freeform' } },
      photos: [{ photo: photo('grace_hopper.bmp') }],
    })),
    {
      folder: 'yamnet-audio',
      file: 'yamnet_audio_classifier_with_metadata.tflite',
      photos: [],
    },
    {
      folder: 'yolov5n-tflite-uint8',
      file: 'yolov5n-int8.tflite',
      modelInfo: { input: image('0..1'), model: detection('yolov5', COCO_80, 0.3) },
      photos: [beach, street],
    },
    ...['yolox_nano.onnx', 'yolox_nano_float16_quantize.tflite'].map((file) => ({
      folder: 'yolox-nano',
      file,
      // It was trained on B, G, R, which no scaling of the API gives: fed R, G, B, it takes the car for a truck.
      modelInfo: { input: image('0..255'), model: detection('yolox', COCO_80, 0.3) },
      photos: [{ photo: photo('dog.jpg'), objects: ['dog', 'bicycle'] }, beach],
    })),
    ...['yolov8n_int8_224.tflite', 'yolov8n_full_integer_quant_224.tflite'].map((file) => ({
      folder: 'yolov8n-tflite-224',
      file,
      modelInfo: { input: image('0..1'), model: detection('yolov11', COCO_80, 0.3) },
      photos: [street, cat],
    })),
  ];
}
