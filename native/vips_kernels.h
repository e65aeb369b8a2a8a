// The inner loops of libvips' arithmetic, compiled for the processor that runs them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace impulse {

/// Weighed lines have room for a multiple of so many bytes.
constexpr size_t kGroup = 64;

struct VipsKernels {
  /// sums[i] += line[i]
  void (*add_line)(const uint8_t* line, size_t count, uint32_t* sums);
  /// Means of up to 256 lines, `stride` bytes apart: (sum + lines / 2) * multiplier >> 24.
  ///
  /// @param multiplier 2^24 / lines or one more
  void (*mean)(const uint8_t* first, size_t stride, size_t lines, uint32_t multiplier, size_t count, uint8_t* out);
  /// The bytes of two lines side by side as words, for `weigh_pairs` of the same kernels alone.
  ///
  /// @param pairs room for two lines of words
  void (*pair_lines)(const uint8_t* a, const uint8_t* b, size_t count, int16_t* pairs);
  /// out[i] = the sum of weights[t] * line t[i], rounded to `bits` and clamped. Two weights for each pair.
  ///
  /// @param out room for a line
  void (*weigh_pairs)(const int16_t* const* pairs, const int16_t* weights, int32_t count_pairs, int32_t bits,
                      size_t count, uint8_t* out);
  /// Pixels of three or four bytes, of 16 rows, as columns of 16 pixels of four bytes: what the fourth is of three is
  /// not said.
  void (*turn)(const uint8_t* const* rows, size_t bands, size_t pixels, uint8_t* columns);
};

const VipsKernels& GetVipsKernels();

}  // namespace impulse
