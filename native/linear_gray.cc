#include "linear_gray.h"

#include <cmath>

namespace impulse {
namespace {

template <typename Real>
void Convert(const LinearGray& gray, uint8_t* pixels, size_t count) {
  const Real red = static_cast<Real>(gray.shares[0]);
  const Real green = static_cast<Real>(gray.shares[1]);
  const Real blue = static_cast<Real>(gray.shares[2]);
  for (uint8_t* end = pixels + count * 3; pixels != end; pixels += 3) {
    const Real y = red * static_cast<Real>(gray.light[pixels[0]]) + green * static_cast<Real>(gray.light[pixels[1]]) +
                   blue * static_cast<Real>(gray.light[pixels[2]]);
    const float p = std::fmin(static_cast<float>(y) * 255.0f, 255.0f);
    const int32_t whole = static_cast<int32_t>(p);
    const float from = gray.bytes[whole];
    const float step = (static_cast<float>(gray.bytes[whole + 1]) - from) * (p - static_cast<float>(whole));
    // Half to even, in the usual rounding mode.
    pixels[0] = pixels[1] = pixels[2] = static_cast<uint8_t>(std::lrintf(from + step));
  }
}

}  // namespace

void ToLinearGray(const LinearGray& gray, uint8_t* pixels, size_t count) {
  if (gray.precise) {
    Convert<double>(gray, pixels, count);
  } else {
    Convert<float>(gray, pixels, count);
  }
}

}  // namespace impulse
