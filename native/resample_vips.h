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
  /// For each position the first tap, counted in boxes, never falling; the ends of the axis repeat beyond it.
  std::vector<int32_t> first;
  /// Which row of weights each position takes.
  std::vector<uint8_t> phase;
  /// A zero, and 65 rows of `taps` weights with a zero after each.
  std::vector<int16_t> weights;

  /// Before and after those weights are zeros.
  const int16_t* Weights(size_t position) const {
    return weights.data() + 1 + size_t{phase[position]} * (static_cast<size_t>(taps) + 1);
  }
};

/// For each covered column or row, the first of four neighbours (never falling) and their weights, in 4096ths.
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

/// Resamples the whole frame, row by row. Alpha weighs the colours and is dropped; gray becomes R = G = B. Trusts its
/// arguments and never allocates.
///
/// @param scratch aligned to 64 bytes
void ResampleVips(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, uint8_t* scratch);

}  // namespace impulse
