// Gray in linear light, as the Node SDK takes it for grayscale models. The oracle is src/preprocess/resample/linear-gray.ts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace impulse {

struct LinearGray {
  /// Light of each byte, 0..1.
  float light[256];
  /// Shares of R, G and B.
  double shares[3];
  /// Whether their sum is taken in float64; all else is float32.
  bool precise;
  /// The byte of each 255th of light; one more, the last, stands twice.
  uint8_t bytes[257];
};

/// R G B becomes R = G = B, in place.
void ToLinearGray(const LinearGray& gray, uint8_t* pixels, size_t count);

}  // namespace impulse
