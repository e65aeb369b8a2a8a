// What resampling kernels read and write: rectangles of interleaved R G B bytes inside larger pictures.
#pragma once

#include <cstddef>
#include <cstdint>

namespace impulse {

/// The part of the source that is resampled.
struct PixelCut {
  /// Its first pixel.
  const uint8_t* corner = nullptr;
  /// Bytes from a row to the next.
  size_t stride = 0;
  int32_t width = 0;
  int32_t height = 0;
  /// One past the last byte of the whole source: a kernel may read what it does not need up to here.
  const uint8_t* end = nullptr;

  const uint8_t* Row(int32_t y) const { return corner + static_cast<size_t>(y) * stride; }
};

/// The part of the target that the resampled picture covers; nothing outside it is written.
struct PixelPatch {
  uint8_t* corner = nullptr;
  size_t stride = 0;
  int32_t width = 0;
  int32_t height = 0;
  /// Which pixel of the resampled picture its first one is.
  int32_t from_x = 0;
  int32_t from_y = 0;

  uint8_t* Row(int32_t y) const { return corner + static_cast<size_t>(y) * stride; }
};

}  // namespace impulse
