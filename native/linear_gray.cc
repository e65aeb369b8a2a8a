#include "linear_gray.h"

#include <cmath>

namespace impulse {

void ToLinearGray(const LinearGray& gray, uint8_t* pixels, size_t count) {
  for (uint8_t* end = pixels + count * 3; pixels != end; pixels += 3) {
    const float y = gray.shares[0] * gray.light[pixels[0]] + gray.shares[1] * gray.light[pixels[1]] +
                    gray.shares[2] * gray.light[pixels[2]];
    const float p = std::fmin(y * 255.0f, 255.0f);
    const int32_t whole = static_cast<int32_t>(p);
    const float from = gray.bytes[whole];
    const float step = (static_cast<float>(gray.bytes[whole + 1]) - from) * (p - static_cast<float>(whole));
    // Half to even, in the usual rounding mode.
    pixels[0] = pixels[1] = pixels[2] = static_cast<uint8_t>(std::lrintf(from + step));
  }
}

}  // namespace impulse
