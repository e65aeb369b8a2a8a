// Interpolation between four neighbours in fixed point: the C++ SDK's, and what OpenCV's INTER_AREA does where it
// enlarges. The oracles are src/preprocess/resample/sdk.ts and area-linear.ts. Kernels trust their arguments and
// never allocate.
#pragma once

#include <cstdint>
#include <vector>

#include "resample_views.h"

namespace impulse {

struct SdkResample {
  /// Source pixels per target pixel, times 16384.
  int64_t step_x = 0;
  int64_t step_y = 0;
};

/// For each covered column or row: the first of two neighbours, and both weights (0..2048).
struct LinearTaps {
  std::vector<int32_t> first;
  std::vector<int16_t> weights;
};

struct AreaLinearResample {
  LinearTaps x;
  LinearTaps y;
};

/// Needs steps whose last whole pixel lies inside the cut.
void ResampleSdk(const SdkResample& resample, const PixelCut& cut, const PixelPatch& patch);

/// Needs taps inside the cut, as many as the patch has columns and rows.
void ResampleAreaLinear(const AreaLinearResample& resample, const PixelCut& cut, const PixelPatch& patch);

}  // namespace impulse
