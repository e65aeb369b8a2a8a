// Sums of source pixels, one axis after the other: whole blocks in integers, other shares with float32 weights. The
// oracles are src/preprocess/resample/area-blocks.ts and weighted.ts; every float operation rounds to float32, in
// their order. Kernels trust their arguments and never allocate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resample_views.h"

namespace impulse {

/// For each covered column or row, the source pixels that make it.
struct Taps {
  /// First source pixel, counted from the corner of the cut.
  std::vector<int32_t> first;
  /// Its weights are `weights[start[i]]` up to `weights[start[i + 1]]`, at least one.
  std::vector<int32_t> start;
  std::vector<float> weights;
};

/// OpenCV's order: along the rows first, then the sum of rows; rounded half to even.
struct AreaResample {
  Taps x;
  Taps y;
};

/// The order of Rust's `image`: down the columns first, then along the row; rounded half up.
struct TriangleResample {
  Taps x;
  Taps y;
};

struct AreaBlocksResample {
  /// Source pixels of one target pixel.
  int32_t block_x = 1;
  int32_t block_y = 1;
};

/// Bytes of scratch that the kernels below need, for a cut and a patch of these widths.
size_t WeightedScratchBytes(int32_t cut_width, int32_t patch_width);

/// Need taps inside the cut, as many as the patch has columns and rows; `scratch` is aligned for floats.
void ResampleArea(const AreaResample& resample, const PixelCut& cut, const PixelPatch& patch, void* scratch);
void ResampleTriangle(const TriangleResample& resample, const PixelCut& cut, const PixelPatch& patch, void* scratch);

/// Needs blocks that lie inside the cut.
void ResampleAreaBlocks(const AreaBlocksResample& resample, const PixelCut& cut, const PixelPatch& patch,
                        void* scratch);

}  // namespace impulse
