/** What the SDK's result codes mean: its `EI_IMPULSE_ERROR`. */

const MEANINGS: Readonly<Record<number, string>> = {
  [-1]: "the shape of the data is not the model's",
  [-2]: 'it was cancelled',
  [-3]: 'TensorFlow Lite failed',
  [-5]: 'signal processing failed',
  [-6]: 'TensorFlow Lite got too little memory for its tensors',
  [-8]: 'it got no memory',
  [-9]: 'this is for pictures only',
  [-10]: 'it was built for an inferencing engine that it does not hold',
  [-11]: 'it ran out of memory',
  [-13]: 'the model has no input tensor',
  [-14]: 'the model has no output tensor',
  [-15]: 'the model has no tensor of scores',
  [-16]: 'the model has no tensor of labels',
  [-20]: 'the model is of a form that is no longer run: build it again in the Studio',
  [-21]: "the model's last layer is not in this build",
  [-22]: 'inference failed',
  [-24]: "the number of features is not the model's",
  [-28]: "the model's last layer is not one that the engine runs",
  [-29]: 'postprocessing failed',
  [-30]: 'normalising the data failed',
  [-31]: 'there is no memory for freeform outputs',
  [-32]: 'the memory for freeform outputs has the wrong size',
  [-33]: 'an output tensor was not found',
  [-34]: 'it has no such threshold',
};

/** `code -5 (signal processing failed)`. */
export function describeCode(code: number): string {
  const meaning = MEANINGS[code];
  return meaning === undefined ? `code ${code}` : `code ${code} (${meaning})`;
}
