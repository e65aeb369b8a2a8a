// libvips' way to shrink and enlarge. The oracle is src/preprocess/resample/vips.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "frame_rows.h"
#include "resample_views.h"

namespace impulse {

/// How one axis shrinks: the mean of `box` samples first, then `taps` weighted ones around each position.
struct VipsReduction {
  int32_t box = 1;
  /// The mean by a product with 2^24 / box, rounded down, which may fall short by one; otherwise exact.
  bool reciprocal = true;
  int32_t taps = 1;
  /// Bits of the weights' fraction.
  int32_t bits = 12;
  /// For each position the first tap, counted in boxes; the ends of the axis repeat beyond it.
  std::vector<int32_t> first;
  /// Which of the 65 rows of weights each position takes.
  std::vector<uint8_t> phase;
  std::vector<int16_t> weights;
};

/// For each covered column or row, the first of four neighbours and their weights, in 4096ths.
struct CubicTaps {
  std::vector<int32_t> first;
  std::vector<int16_t> weights;
};

struct VipsEnlargement {
  CubicTaps columns;
  CubicTaps rows;
};

/// In this order. With an enlargement, reductions give the whole picture, otherwise the covered part.
struct VipsResample {
  std::optional<VipsReduction> rows;
  std::optional<VipsReduction> columns;
  std::optional<VipsEnlargement> enlargement;
};

/// Bytes of scratch that `ResampleVips` needs.
size_t VipsScratchBytes(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch);

/// Resamples the whole frame. Alpha counts in the sums and is dropped; gray becomes R = G = B. Trusts its arguments.
void ResampleVips(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, uint8_t* scratch);

}  // namespace impulse
