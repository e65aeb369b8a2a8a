// The inner loops of libvips' arithmetic, compiled for the processor that runs them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace impulse {

/// Pixels of four lanes: R G B A, or gray and nothing.
constexpr size_t kLanes = 4;

/// Where the pixels of a row take theirs from, and with what weights.
struct ColumnTaps {
  /// Pixel at which each begins; those beyond `least` and `most` begin there.
  const int32_t* first;
  int32_t least;
  int32_t most;
  /// Which row of `weights` each takes; rows have `stride` weights, a multiple of four.
  const uint8_t* phase;
  const int16_t* weights;
  int32_t stride;
  int32_t bits;
};

struct VipsKernels {
  /// sums[i] += row[i]
  void (*add_row)(const uint8_t* row, size_t count, uint16_t* sums);
  void (*add_row_wide)(const uint8_t* row, size_t count, uint32_t* sums);
  /// out[i] = sums[i] * multiplier >> 24
  void (*divide)(const uint16_t* sums, size_t count, uint32_t multiplier, uint8_t* out);
  /// As `divide`, in place.
  void (*divide_words)(uint16_t* sums, size_t count, uint32_t multiplier);
  /// Sums of `box` pixels, as four lanes. Whole boxes only; four bytes of each pixel may be read. For 3 and 4 bands.
  void (*sum_boxes)(const uint8_t* pixels, size_t bands, size_t boxes, size_t box, uint16_t* sums);
  /// out[i] = the sum of weights[t] * rows[t][i], rounded to `bits` and clamped. An even number of weights.
  void (*weigh_rows)(const uint8_t* const* rows, const int16_t* weights, int32_t taps, int32_t bits, size_t count,
                     uint8_t* out);
  /// A row of pixels of four lanes: each the sum of weights[t] * pixels[t], rounded and clamped.
  void (*weigh_columns)(const ColumnTaps& taps, const int16_t* pixels, size_t count, uint8_t* out);
};

const VipsKernels& GetVipsKernels();

}  // namespace impulse
