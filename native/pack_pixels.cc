#include "pack_pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

// Every float operation rounds to float32, as the reference does: no contraction to fused multiply-add
// (-ffp-contract=off), no wider intermediates.

namespace impulse {
namespace {

constexpr float kMean[3] = {0.485f, 0.456f, 0.406f};
constexpr float kStd[3] = {0.229f, 0.224f, 0.225f};
constexpr float kBgrMean[3] = {103.939f, 116.779f, 123.68f};

/// Gray values held at a time: fits the first-level cache, and a multiple of three for the scalings that
/// step through the buffer three values at a time.
constexpr size_t kChunk = 1536;

// ---- RGB: table look-ups ----

template <typename T>
void PackInterleaved(const T* table, const int32_t* source, const uint8_t* rgb, size_t pixels, T* out) {
  const T* t0 = table;
  const T* t1 = table + 256;
  const T* t2 = table + 512;
  const uint8_t* in0 = rgb + source[0];
  const uint8_t* in1 = rgb + source[1];
  const uint8_t* in2 = rgb + source[2];
  for (size_t i = 0, end = pixels * 3; i < end; i += 3) {
    out[i] = t0[in0[i]];
    out[i + 1] = t1[in1[i]];
    out[i + 2] = t2[in2[i]];
  }
}

template <typename T>
void PackPlanar(const T* table, const int32_t* source, const uint8_t* rgb, size_t pixels, T* out) {
  for (int c = 0; c < 3; c++) {
    const T* t = table + c * 256;
    const uint8_t* in = rgb + source[c];
    T* plane = out + static_cast<size_t>(c) * pixels;
    for (size_t i = 0; i < pixels; i++) plane[i] = t[in[i * 3]];
  }
}

/// One-byte elements in the pixels' own order with one table for all channels: most quantised models.
/// Returns false where that is not so.
bool PackBytes(const PackingPlan& plan, const uint8_t* rgb, uint8_t* out) {
  const uint8_t* t = plan.table.data();
  const bool in_order = plan.source[0] == 0 && plan.source[1] == 1 && plan.source[2] == 2;
  if (plan.nchw || !in_order || std::memcmp(t, t + 256, 256) != 0 || std::memcmp(t, t + 512, 256) != 0) {
    return false;
  }
  const size_t size = plan.PixelBytes();
  const uint8_t flip = t[0];
  bool only_flips = true;
  for (int v = 0; v < 256; v++) only_flips &= t[v] == (v ^ flip);
  if (only_flips) {  // v, or v - 128: the whole pass is one vectorised exclusive-or
    for (size_t i = 0; i < size; i++) out[i] = rgb[i] ^ flip;
  } else {
    for (size_t i = 0; i < size; i++) out[i] = t[rgb[i]];
  }
  return true;
}

template <typename T>
void PackRgb(const PackingPlan& plan, const uint8_t* rgb, void* out) {
  const T* table = reinterpret_cast<const T*>(plan.table.data());
  const size_t pixels = static_cast<size_t>(plan.width) * static_cast<size_t>(plan.height);
  if (plan.nchw) {
    PackPlanar(table, plan.source, rgb, pixels, static_cast<T*>(out));
  } else {
    PackInterleaved(table, plan.source, rgb, pixels, static_cast<T*>(out));
  }
}

// ---- Gray: arithmetic ----

void GrayValues(const float* weighted, const uint8_t* rgb, size_t count, float* gray) {
  const float* red = weighted;
  const float* green = weighted + 256;
  const float* blue = weighted + 512;
  for (size_t i = 0; i < count; i++, rgb += 3) {
    const float sum = red[rgb[0]] + green[rgb[1]];
    gray[i] = sum + blue[rgb[2]];
  }
}

/// In place. `count` is a multiple of three for the last two scalings.
void ScaleGray(GrayScaling scaling, float* x, size_t count) {
  switch (scaling) {
    case GrayScaling::kNone:
      return;
    case GrayScaling::k0To255:
      for (size_t i = 0; i < count; i++) x[i] = x[i] * 255.0f;
      return;
    case GrayScaling::kMinus1To1:
      for (size_t i = 0; i < count; i++) x[i] = x[i] * 2.0f - 1.0f;
      return;
    case GrayScaling::kMinus128To127:
      for (size_t i = 0; i < count; i++) x[i] = x[i] * 255.0f - 128.0f;
      return;
    case GrayScaling::kTorch:
      for (size_t i = 0; i + 2 < count; i += 3) {
        x[i] = (x[i] - kMean[0]) / kStd[0];
        x[i + 1] = (x[i + 1] - kMean[1]) / kStd[1];
        x[i + 2] = (x[i + 2] - kMean[2]) / kStd[2];
      }
      return;
    case GrayScaling::kBgrSubtractImagenetMean:
      for (size_t i = 0; i + 2 < count; i += 3) {
        const float first = x[i] * 255.0f;
        x[i] = x[i + 2] * 255.0f - kBgrMean[0];
        x[i + 1] = x[i + 1] * 255.0f - kBgrMean[1];
        x[i + 2] = first - kBgrMean[2];
      }
      return;
  }
}

// Without a comparison, which some compilers turn into a branch and then do not vectorise.
inline int32_t AtLeast(int32_t value, int32_t low) {
  const int32_t above = value - low;
  return low + (above & ~(above >> 31));
}
inline int32_t AtMost(int32_t value, int32_t high) {
  const int32_t below = high - value;
  return high - (below & ~(below >> 31));
}

/// The float below a half: adding it to a magnitude and truncating rounds up halves and nothing below them.
constexpr float kHalf = 0.49999997f;

/// clamp(integer of (x / scale) + zero_point, lo, hi); the integer is rounded half away from zero with `bias` kHalf,
/// and truncated with 0. The quotient is taken apart into sign and magnitude: `roundf` has no vector instruction, and
/// comparisons of floats are not vectorised either.
template <typename T>
void Saturate(const float* x, size_t count, float scale, float bias, int32_t zero_point, T* out) {
  // Bits of 1024.0f: from there on the sum is out of range whatever the zero point.
  constexpr int32_t kEnough = 0x44800000;
  for (size_t i = 0; i < count; i++) {
    const float quotient = x[i] / scale;
    int32_t bits;
    std::memcpy(&bits, &quotient, sizeof bits);
    const int32_t sign = bits >> 31;
    const int32_t bounded = AtMost(bits & 0x7fffffff, kEnough);
    float magnitude;
    std::memcpy(&magnitude, &bounded, sizeof magnitude);
    const int32_t rounded = static_cast<int32_t>(magnitude + bias);
    const int32_t sum = ((rounded ^ sign) - sign) + zero_point;
    out[i] = static_cast<T>(
        AtMost(AtLeast(sum, std::numeric_limits<T>::min()), std::numeric_limits<T>::max()));
  }
}

/// The low 8 bits of round half away(x / scale) + zero_point, in float32; 0 where that is beyond 32 bits, as an x86
/// processor converts it.
void Wrap(const float* x, size_t count, float scale, int32_t zero_point, uint8_t* out) {
  constexpr float kBeyond = 2147483648.0f;
  const float offset = static_cast<float>(zero_point);
  for (size_t i = 0; i < count; i++) {
    const float sum = std::round(x[i] / scale) + offset;
    out[i] = std::fabs(sum) < kBeyond ? static_cast<uint8_t>(static_cast<int32_t>(sum)) : 0;
  }
}

template <typename T>
void Quantize(const PackingPlan& plan, const float* x, size_t count, T* out) {
  switch (plan.rule) {
    case GrayRule::kSaturate:
      return Saturate(x, count, plan.scale, kHalf, plan.zero_point, out);
    case GrayRule::kTruncate:
      return Saturate(x, count, plan.scale, 0.0f, plan.zero_point, out);
    case GrayRule::kWrap:
      return Wrap(x, count, plan.scale, plan.zero_point, reinterpret_cast<uint8_t*>(out));
  }
}

void PackGray(const PackingPlan& plan, const uint8_t* rgb, void* out) {
  alignas(64) float chunk[kChunk];
  const size_t pixels = static_cast<size_t>(plan.width) * static_cast<size_t>(plan.height);
  for (size_t start = 0; start < pixels; start += kChunk) {
    const size_t count = std::min(kChunk, pixels - start);
    float* gray = plan.type == ElementType::kFloat32 ? static_cast<float*>(out) + start : chunk;
    GrayValues(plan.weighted.data(), rgb + start * 3, count, gray);
    ScaleGray(plan.scaling, gray, count);
    if (plan.type == ElementType::kInt8) {
      Quantize(plan, gray, count, static_cast<int8_t*>(out) + start);
    } else if (plan.type == ElementType::kUint8) {
      Quantize(plan, gray, count, static_cast<uint8_t*>(out) + start);
    }
  }
}

}  // namespace

void PackPixels(const PackingPlan& plan, const uint8_t* rgb, void* out) {
  if (plan.channels == 1) {
    PackGray(plan, rgb, out);
  } else if (plan.type == ElementType::kFloat32) {
    PackRgb<float>(plan, rgb, out);
  } else if (!PackBytes(plan, rgb, static_cast<uint8_t*>(out))) {
    PackRgb<uint8_t>(plan, rgb, out);
  }
}

}  // namespace impulse
