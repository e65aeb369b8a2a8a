/** An ONNX model that every execution provider can run: what fails on it is not the model's fault. */

/** y = Relu(x), both float32 [1, 4], opset 13. */
export function smallestModel(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(BASE64, 'base64'));
}

const BASE64 =
  'CAgSD2ltcHVsc2UtcnVudGltZRoBMTpBCg4KAXgSAXkiBFJlbHU6ABIFZ3JhcGhaEwoBeBIOCgwIARIICgIIAQoCCARiEwoBeRIOCgwIARIICgIIAQoCCARCBAoAEA0=';
