/** Prints the names of the execution providers that this build of ONNX Runtime knows: a program of its own, since it loads 45 MB. */
import { listSupportedBackends } from 'onnxruntime-node';

process.stdout.write(JSON.stringify(listSupportedBackends().map(({ name }) => name)));
