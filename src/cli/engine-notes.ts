/** What a person should know about the engine that came out: another one had to take over, or settings were not kept. */
import type { DeploymentInfo, SessionDetails } from '../index.js';
import type { EngineName } from '../runtime/session.js';

/** The engine that a format is meant for. */
const NATIVE_ENGINE = {
  tflite: 'tflite',
  onnx: 'onnx',
  'saved-model': 'tfjs',
  tfjs: 'tfjs',
} as const satisfies Record<string, EngineName>;

/**
 * @param wanted the engine asked for
 * @param settings whether the caller asked for settings of the engine: only then is it news that one was not kept
 */
export function engineNotes(info: DeploymentInfo, wanted: EngineName | 'auto', settings: boolean): string[] {
  return info.learnBlocks.flatMap(({ model }) => {
    if (model === undefined) return [];
    const { engine, otherEngines, tuning } = model;
    const native = NATIVE_ENGINE[model.format];
    const attempt = otherEngines.find((other) => other.engine === native);
    // What was measured is no news.
    const asPlanned = tuning !== undefined || wanted !== 'auto' || engine.engine === native;
    const tookOver = !asPlanned && attempt !== undefined;
    const reason = `${attempt?.reason ?? ''}${attempt?.remedy === undefined ? '' : ` ${attempt.remedy}`}`;
    return [
      ...(tookOver
        ? [`engine ${engine.engine} takes over for ${model.name}, because ${native} can't run it: ${reason}`]
        : []),
      ...(wanted === 'auto' && tuning === undefined && fellBack(engine)
        ? [
            `engine tflite runs ${model.name} on its own kernels, because XNNPACK can't take it: 'impulse tune' may find something faster`,
          ]
        : []),
      ...(settings ? engine.notes.map((note) => `engine ${engine.engine}: ${note}`) : []),
    ];
  });
}

/** XNNPACK was tried, and was too much or too little for the model. */
function fellBack({ engine, delegate, notes }: SessionDetails): boolean {
  return engine === 'tflite' && delegate === 'none' && notes.length > 0;
}
