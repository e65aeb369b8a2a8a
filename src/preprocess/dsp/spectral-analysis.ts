/** The spectral-analysis block: which of its ways a header asks for. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { BlockInput, DspComputation } from './block.js';
import { choiceParameter, versionOf } from './parameters.js';
import { makeSpectralFeatures } from './spectral-features.js';
import { makeSpectralPeaks } from './spectral-peaks.js';
import { makeWaveletFeatures } from './wavelet.js';

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeSpectralAnalysisBlock(block: DspBlock, input: BlockInput): DspComputation {
  const version = versionOf(block, 4);
  // Headers from before wavelets do not say.
  const analysis = choiceParameter(block, 'analysis_type', ['FFT', 'Wavelet'], 'FFT');
  if (analysis === 'Wavelet') return makeWaveletFeatures(block, input);
  if (version === 1) return makeSpectralPeaks(block, input);
  return makeSpectralFeatures(block, input, version);
}
