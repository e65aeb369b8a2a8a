// One source pixel for each target pixel. The oracle is src/preprocess/resample/nearest.ts.
#pragma once

#include <cstdint>
#include <vector>

#include "resample_views.h"

namespace impulse {

/// Source columns and rows, counted from the corner of the cut, for each covered column and row.
struct NearestResample {
  std::vector<int32_t> columns;
  std::vector<int32_t> rows;
};

/// Needs columns and rows inside the cut, as many as the patch has. Never allocates.
void ResampleNearest(const NearestResample& resample, const PixelCut& cut, const PixelPatch& patch);

}  // namespace impulse
