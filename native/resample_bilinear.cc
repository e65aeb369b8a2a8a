#include "resample_bilinear.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace impulse {
namespace {

constexpr int32_t kOne = 16384;
constexpr int32_t kFraction = kOne - 1;

inline int32_t Mix(int32_t a, int32_t b, int32_t fraction) {
  return (a * (kOne - fraction) + b * fraction + kOne / 2) >> 14;
}

/// A pixel of the cut as the reference finds it: past a row the next one's first, past the last row zeros.
inline const uint8_t* PixelAt(const PixelCut& cut, int64_t x, int64_t y) {
  static constexpr uint8_t kBeyond[3] = {0, 0, 0};
  if (x >= cut.width) {
    x -= cut.width;
    y++;
  }
  return y < cut.height ? cut.Row(static_cast<int32_t>(y)) + x * 3 : kBeyond;
}

/// Any pixel.
void InterpolateEdge(const PixelCut& cut, int64_t x, int64_t y, int32_t fx, int32_t fy, uint8_t* out) {
  const uint8_t* p00 = PixelAt(cut, x, y);
  const uint8_t* p01 = PixelAt(cut, x + 1, y);
  const uint8_t* p10 = PixelAt(cut, x, y + 1);
  const uint8_t* p11 = PixelAt(cut, x + 1, y + 1);
  for (int c = 0; c < 3; c++) {
    out[c] = static_cast<uint8_t>(Mix(Mix(p00[c], p01[c], fx), Mix(p10[c], p11[c], fx), fy));
  }
}

#if defined(__SSE2__)

/// Bytes read from each of the two rows.
constexpr ptrdiff_t kReach = 8;

/// Three channels of a pixel and its right neighbour, mixed; four 32-bit sums, the last of them without meaning.
inline __m128i MixRow(const uint8_t* pixel, __m128i weights) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixel));
  const __m128i pairs = _mm_unpacklo_epi8(bytes, _mm_srli_si128(bytes, 3));
  const __m128i sums = _mm_madd_epi16(_mm_unpacklo_epi8(pairs, _mm_setzero_si128()), weights);
  return _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(kOne / 2)), 14);
}

/// Both weights of `fraction`, the nearer pixel's below.
inline __m128i Weights(int32_t fraction) { return _mm_set1_epi32((fraction << 16) | (kOne - fraction)); }

inline void Interpolate(const uint8_t* above, const uint8_t* below, int32_t fx, __m128i weights_y, uint8_t* out) {
  const __m128i weights_x = Weights(fx);
  const __m128i pairs =
      _mm_or_si128(MixRow(above, weights_x), _mm_slli_epi32(MixRow(below, weights_x), 16));
  const __m128i sums = _mm_madd_epi16(pairs, weights_y);
  const __m128i mixed = _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(kOne / 2)), 14);
  const __m128i words = _mm_packs_epi32(mixed, mixed);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  std::memcpy(out, &bytes, 3);
}

#else

constexpr ptrdiff_t kReach = 6;

inline int32_t Weights(int32_t fraction) { return fraction; }

inline void Interpolate(const uint8_t* above, const uint8_t* below, int32_t fx, int32_t fy, uint8_t* out) {
  for (int c = 0; c < 3; c++) {
    out[c] = static_cast<uint8_t>(Mix(Mix(above[c], above[c + 3], fx), Mix(below[c], below[c + 3], fx), fy));
  }
}

#endif

}  // namespace

void ResampleSdk(const SdkResample& resample, const PixelCut& cut, const PixelPatch& patch) {
  for (int32_t j = 0; j < patch.height; j++) {
    const int64_t y = resample.step_y * (patch.from_y + j);
    const int32_t fy = static_cast<int32_t>(y & kFraction);
    const int64_t row = y >> 14;
    const uint8_t* above = cut.Row(static_cast<int32_t>(row));
    const uint8_t* below = cut.Row(static_cast<int32_t>(std::min<int64_t>(row + 1, cut.height - 1)));
    uint8_t* out = patch.Row(j);
    // Up to here all four neighbours are pixels of the cut, and what is read beside them is the source's.
    const bool inside = row + 1 < cut.height && cut.end - below >= kReach;
    const int64_t inner = inside ? std::min<int64_t>(cut.width - 2, (cut.end - below - kReach) / 3) : -1;
    int64_t x = resample.step_x * patch.from_x;
    int32_t i = 0;
    const auto weights_y = Weights(fy);
    for (; i < patch.width && (x >> 14) <= inner; i++, x += resample.step_x) {
      const int64_t at = (x >> 14) * 3;
      Interpolate(above + at, below + at, static_cast<int32_t>(x & kFraction), weights_y, out + i * 3);
    }
    for (; i < patch.width; i++, x += resample.step_x) {
      InterpolateEdge(cut, x >> 14, row, static_cast<int32_t>(x & kFraction), fy, out + i * 3);
    }
  }
}

void ResampleAreaLinear(const AreaLinearResample& resample, const PixelCut& cut, const PixelPatch& patch) {
  for (int32_t j = 0; j < patch.height; j++) {
    const int32_t row = resample.y.first[j];
    const int32_t beta0 = resample.y.weights[j * 2];
    const int32_t beta1 = resample.y.weights[j * 2 + 1];
    const uint8_t* above = cut.Row(row);
    const uint8_t* below = cut.Row(std::min(row + 1, cut.height - 1));
    uint8_t* out = patch.Row(j);
    for (int32_t i = 0; i < patch.width; i++) {
      const int32_t near = resample.x.first[i];
      const int32_t far = std::min(near + 1, cut.width - 1);
      const int32_t alpha0 = resample.x.weights[i * 2];
      const int32_t alpha1 = resample.x.weights[i * 2 + 1];
      for (int c = 0; c < 3; c++) {
        const int32_t sum0 = above[near * 3 + c] * alpha0 + above[far * 3 + c] * alpha1;
        const int32_t sum1 = below[near * 3 + c] * alpha0 + below[far * 3 + c] * alpha1;
        const int32_t shares = ((beta0 * (sum0 >> 4)) >> 16) + ((beta1 * (sum1 >> 4)) >> 16);
        out[i * 3 + c] = static_cast<uint8_t>((shares + 2) >> 2);
      }
    }
  }
}

}  // namespace impulse
