/** Downloads that are recognised by their files, though nothing can be read of them: what each is, and where it runs. */
import { UnsupportedError } from '../errors.js';
import type { FileTree } from './file-tree.js';
import { WHAT_TO_DOWNLOAD } from './sniff.js';

interface KnownContent {
  /** Name of a file that only this kind of download holds. */
  readonly file: RegExp;
  readonly what: string;
  /** Where it runs instead. */
  readonly runsOn: string;
}

/** The more telling names first: a firmware folder may hold nearly anything. */
const KNOWN_CONTENTS: readonly KnownContent[] = [
  { file: /(^|\/)saved_model\.pbtxt$/, what: 'a TensorFlow SavedModel as text', runsOn: 'TensorFlow' },
  { file: /\.(h5|keras)$/, what: 'a Keras model', runsOn: 'Keras' },
  { file: /(^|\/)data\.pkl$|\.(pt|pth)$/, what: 'a PyTorch model', runsOn: 'PyTorch' },
  { file: /\.pte$/, what: 'an ExecuTorch model', runsOn: 'ExecuTorch' },
  { file: /\.fbz$/, what: 'a model for BrainChip Akida (akida)', runsOn: 'an Akida processor' },
  {
    file: /(^|\/)(drpai_model\.h|drp_desc\.bin|drp_param\.bin|aimac_desc\.bin)$/,
    what: 'a model for Renesas DRP-AI (drp-ai)',
    runsOn: 'a Renesas RZ/V board',
  },
  {
    file: /(^|\/)allowedNode\.txt$|_tidl_(net|io_?\d*)\.bin$/,
    what: 'a model for Texas Instruments TIDL (tidl)',
    runsOn: 'a TI AM6xA board',
  },
  {
    file: /\.synpkg$|(^|\/)ei_model\.synpkg$/,
    what: 'a model for Syntiant (syntiant)',
    runsOn: 'a Syntiant NDP processor',
  },
  { file: /\.dfp$/, what: 'a model for MemryX (memryx)', runsOn: 'a MemryX accelerator' },
  {
    file: /_vela\.tflite$/,
    what: 'a model for Arm Ethos-U (ethos-linux)',
    runsOn: 'a board with an Ethos-U processor',
  },
  {
    file: /(^|\/)(network_atonbuf[^/]*|stai_network\.[ch])$/,
    what: 'a model for the ST Neural-ART accelerator (st-aton)',
    runsOn: 'an STM32N6 board',
  },
  {
    file: /(^|\/)(ceva_npn[^/]*|npn_model[^/]*\.(bin|h|c))$/,
    what: 'a model for Ceva NeuPro-Nano (ceva-npn)',
    runsOn: 'a NeuPro-Nano processor',
  },
  {
    file: /(^|\/)nrf_axon_model[^/]*\.h$/,
    what: 'a model for Nordic Axon (nordic-axon)',
    runsOn: 'a Nordic chip with the Axon accelerator',
  },
  {
    file: /(^|\/)[^/]*tensaiflow[^/]*\.(a|lib|h)$/i,
    what: 'a TensaiFlow library (tensaiflow)',
    runsOn: 'an Infineon or Eta Compute board',
  },
  {
    file: /(^|\/)[^/]*neox[^/]*\.(bin|h|a)$/i,
    what: 'a model for Think Silicon NeoX (neox)',
    runsOn: 'a NeoX processor',
  },
  {
    file: /\.(engine|trt|plan)$/,
    what: 'a model for NVIDIA TensorRT (tensorrt)',
    runsOn: 'the NVIDIA device that it was built for',
  },
  {
    file: /(^|\/)programqpc\.bin$/,
    what: 'a model for Qualcomm Cloud AI (qaic)',
    runsOn: 'a Cloud AI accelerator',
  },
  { file: /\.dlc$|\.serialized\.bin$/, what: 'a model for Qualcomm QNN', runsOn: 'a Qualcomm device' },
  { file: /\.gguf$/, what: 'a language model (vlm-connector)', runsOn: 'llama.cpp' },
  { file: /\.(mlmodel|mlpackage)$/, what: 'a Core ML model', runsOn: 'Apple devices' },
  { file: /\.(apk|aab|ipa)$/, what: 'a mobile app', runsOn: 'phones' },
  {
    file: /\.(hex|uf2|dfu|elf|axf)$|(^|\/)flash_(linux|mac|windows)\.(sh|command|bat)$/,
    what: 'firmware',
    runsOn: 'the board that it was built for',
  },
];

/** Programs, which hold their models within themselves: they can be run, but nothing can be read out of them. */
const PROGRAMS = [
  {
    file: /\.eim$/,
    what: 'a Linux or macOS runner',
    advice: "open that file itself, with openDeployment()'s option allowExecution (--allow-exec).",
  },
  {
    file: /(^|\/)edge-impulse-standalone\.wasm$/,
    what: 'a WebAssembly deployment',
    advice: 'it can only be run, with openDeployment().',
  },
] as const;

/** The refusal of a download that is recognised, and undefined for any other. */
export function knownContent(tree: FileTree): UnsupportedError | undefined {
  for (const { file, what, advice } of PROGRAMS) {
    const name = tree.names.find((candidate) => file.test(candidate));
    if (name !== undefined) {
      return new UnsupportedError(
        'ERR_UNSUPPORTED_FORMAT',
        `${tree.source} is or holds ${what} ('${name}'), a program whose models can't be taken out: ${advice}`,
      );
    }
  }
  for (const { file, what, runsOn } of KNOWN_CONTENTS) {
    const name = tree.names.find((candidate) => file.test(candidate));
    if (name !== undefined) {
      return new UnsupportedError(
        'ERR_UNSUPPORTED_FORMAT',
        `${tree.source} is or holds ${what} ('${name}'), which runs on ${runsOn}, not here. ${WHAT_TO_DOWNLOAD}`,
      );
    }
  }
  return undefined;
}
