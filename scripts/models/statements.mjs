/**
 * What is stated of each download that is known here, by the name of its folder. A download of which nothing is stated, and
 * which has a folder of reference facts by its name, opens and gives what is recorded there.
 */

/**
 * @typedef {object} Statement
 * @property {string} [facts] folder of reference facts, where it has another name
 * @property {string} [model] file in `expected.json` that a rebuilt model must equal
 * @property {string[]} [impulses] those that the download holds; each is tried
 * @property {string} [refused] error code
 * @property {string} [close] why its outputs come close to those recorded, and no closer
 * @property {string} [why] reason of the refusal in a few words
 * @property {Record<string, string>} [photos] pictures in the download, and what each shows
 * @property {object} [options] of `openDeployment()`
 */

const NO_BINARY = {
  refused: 'ERR_MODEL_MISSING',
  why: 'the module itself, over 4 MB, is not to be had: only its glue is',
};

/** @type {Record<string, Statement>} */
export const STATEMENTS = {
  'ei-cpp-eon-multi-impulse': { impulses: ['impulse_129038_98', 'impulse_91810_25'] },
  'ei-cpp-fomo-face-inconsistent': {
    refused: 'ERR_DEPLOYMENT_INCONSISTENT',
    why: 'its headers are of another build (RGB, 27,648 numbers) than its model (grayscale, 9,216)',
  },
  'ei-cpp-incbin-yolov5-headers-only': {
    refused: 'ERR_MODEL_MISSING',
    why: 'the model, over 4 MB, is not to be had: only headers are',
  },
  'ei-cpp-object-tracking-headers-only': {
    refused: 'ERR_DEPLOYMENT_UNRECOGNISED',
    why: 'its model is a Git LFS pointer in the public repository too',
  },
  'ei-dashboard-ssd-fpnlite-beer-320': {
    close:
      'TFLite 2.9 rounds the 72 convolutions otherwise than 2.21, of which the record is: scores of up to 9 steps of 256',
  },
  'ei-zip-drowsy-eon-only': { facts: 'ei-zip-drowsy-eon-with-tflite', model: 'trained.tflite' },
  'eim-kws-int8': { facts: 'ei-cpp-incbin-kws-int8', options: { allowExecution: true } },
  'eim-macos-fomo': {
    refused: 'ERR_UNSUPPORTED_FORMAT',
    why: 'a program for macOS on arm64 (on that machine it runs)',
    options: { allowExecution: true },
  },
  'wasm-kws-int8': { facts: 'ei-cpp-incbin-kws-int8' },
  'wasm-2020-image': { photos: { '00002.jpg': 'unknown', '00012.jpg': 'lamp', '00014.jpg': 'plant' } },
  // A build of 2021 does not say how many axes a sample has.
  'wasm-2021-motion': { options: { axisCount: 3 } },
  'wasm-2024-brilliantsole': NO_BINARY,
  'wasm-2025-birds': NO_BINARY,
  'wasm-2025-rice-leaf': NO_BINARY,
};
