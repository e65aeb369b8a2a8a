#include "vips_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// So that each caller has it compiled for its own processor.
#define IMPULSE_INLINE inline __attribute__((always_inline))

namespace impulse {
namespace {

template <typename Sum>
IMPULSE_INLINE void AddRow(const uint8_t* __restrict row, size_t count, Sum* __restrict sums) {
  for (size_t i = 0; i < count; i++) sums[i] = static_cast<Sum>(sums[i] + row[i]);
}

template <typename Out>
IMPULSE_INLINE void Divide(const uint16_t* sums, size_t count, uint32_t multiplier, Out* out) {
  for (size_t i = 0; i < count; i++) out[i] = static_cast<Out>(sums[i] * multiplier >> 24);
}

IMPULSE_INLINE uint8_t ToByte(int32_t value) { return static_cast<uint8_t>(std::min(std::max(value, 0), 255)); }

/// Eight columns at a time, in the compiler's vectors.
typedef uint8_t Bytes __attribute__((vector_size(8)));
typedef int32_t Sums __attribute__((vector_size(32)));

void WeighRowsPlain(const uint8_t* const* rows, const int16_t* weights, int32_t taps, int32_t bits, size_t count,
                    uint8_t* out) {
  size_t from = 0;
  for (; from + 8 <= count; from += 8) {
    Sums sums = Sums{} + (1 << (bits - 1));
    for (int32_t t = 0; t < taps; t++) {
      Bytes bytes;
      std::memcpy(&bytes, rows[t] + from, sizeof bytes);
      sums += __builtin_convertvector(bytes, Sums) * int32_t{weights[t]};
    }
    sums >>= bits;
    for (size_t i = 0; i < 8; i++) out[from + i] = ToByte(sums[i]);
  }
  for (; from < count; from++) {
    int32_t sum = 1 << (bits - 1);
    for (int32_t t = 0; t < taps; t++) sum += rows[t][from] * weights[t];
    out[from] = ToByte(sum >> bits);
  }
}

/// The first pixel that pixel `x` takes; `pixels` is the one at `least`.
IMPULSE_INLINE const int16_t* First(const ColumnTaps& taps, size_t x, const int16_t* pixels) {
  const int32_t first = std::min(std::max(taps.first[x], taps.least), taps.most);
  return pixels + static_cast<size_t>(first - taps.least) * kLanes;
}

IMPULSE_INLINE const int16_t* Weights(const ColumnTaps& taps, size_t x) {
  return taps.weights + static_cast<size_t>(taps.phase[x]) * static_cast<size_t>(taps.stride);
}

#if defined(__x86_64__)

/// Two weights for each pair of words.
IMPULSE_INLINE int32_t Pair(const int16_t* weights) {
  int32_t pair;
  std::memcpy(&pair, weights, sizeof pair);
  return pair;
}

/// Calls `block` for offsets that cover `count` bytes, the last of which may overlap the one before.
template <size_t kBytes, typename Block>
IMPULSE_INLINE void InBlocks(size_t count, Block block) {
  for (size_t i = 0; i + kBytes <= count; i += kBytes) block(i);
  if (count % kBytes != 0) block(count - kBytes);
}

void WeighRowsSse2(const uint8_t* const* rows, const int16_t* weights, int32_t taps, int32_t bits, size_t count,
                   uint8_t* out) {
  if (count < 16) return WeighRowsPlain(rows, weights, taps, bits, count, out);
  const __m128i zero = _mm_setzero_si128();
  const __m128i half = _mm_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  InBlocks<16>(count, [&](size_t i) {
    __m128i s0 = half, s1 = half, s2 = half, s3 = half;
    for (int32_t t = 0; t < taps; t += 2) {
      const __m128i pair = _mm_set1_epi32(Pair(weights + t));
      const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[t] + i));
      const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[t + 1] + i));
      const __m128i low = _mm_unpacklo_epi8(a, b);
      const __m128i high = _mm_unpackhi_epi8(a, b);
      s0 = _mm_add_epi32(s0, _mm_madd_epi16(_mm_unpacklo_epi8(low, zero), pair));
      s1 = _mm_add_epi32(s1, _mm_madd_epi16(_mm_unpackhi_epi8(low, zero), pair));
      s2 = _mm_add_epi32(s2, _mm_madd_epi16(_mm_unpacklo_epi8(high, zero), pair));
      s3 = _mm_add_epi32(s3, _mm_madd_epi16(_mm_unpackhi_epi8(high, zero), pair));
    }
    const __m128i low = _mm_packs_epi32(_mm_sra_epi32(s0, shift), _mm_sra_epi32(s1, shift));
    const __m128i high = _mm_packs_epi32(_mm_sra_epi32(s2, shift), _mm_sra_epi32(s3, shift));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(low, high));
  });
}

/// Rounded and clamped sums of four lanes.
IMPULSE_INLINE void StorePixel(__m128i sums, int32_t bits, uint8_t* out) {
  const __m128i rounded = _mm_sra_epi32(_mm_add_epi32(sums, _mm_set1_epi32(1 << (bits - 1))), _mm_cvtsi32_si128(bits));
  const __m128i words = _mm_packs_epi32(rounded, rounded);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  std::memcpy(out, &bytes, sizeof bytes);
}

void WeighColumnsSse2(const ColumnTaps& taps, const int16_t* pixels, size_t count, uint8_t* out) {
  for (size_t x = 0; x < count; x++) {
    const int16_t* from = First(taps, x, pixels);
    const int16_t* weights = Weights(taps, x);
    __m128i sums = _mm_setzero_si128();
    for (int32_t t = 0; t < taps.stride; t += 2, from += 2 * kLanes) {
      const __m128i two = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      const __m128i pairs = _mm_unpacklo_epi16(two, _mm_srli_si128(two, 8));
      sums = _mm_add_epi32(sums, _mm_madd_epi16(pairs, _mm_set1_epi32(Pair(weights + t))));
    }
    StorePixel(sums, taps.bits, out + x * kLanes);
  }
}

/// The fourth lane of three bands holds what follows in memory.
void SumBoxesSse2(const uint8_t* pixels, size_t bands, size_t boxes, size_t box, uint16_t* sums) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i half = _mm_set1_epi16(static_cast<int16_t>(box / 2));
  for (size_t x = 0; x < boxes; x++, sums += kLanes) {
    __m128i sum = half;
    for (size_t i = 0; i < box; i++, pixels += bands) {
      int32_t bytes;
      std::memcpy(&bytes, pixels, sizeof bytes);
      sum = _mm_add_epi16(sum, _mm_unpacklo_epi8(_mm_cvtsi32_si128(bytes), zero));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(sums), sum);
  }
}

#define IMPULSE_AVX2 __attribute__((target("avx2")))

IMPULSE_AVX2 void WeighRowsAvx2(const uint8_t* const* rows, const int16_t* weights, int32_t taps, int32_t bits,
                                size_t count, uint8_t* out) {
  if (count < 32) return WeighRowsSse2(rows, weights, taps, bits, count, out);
  const __m256i zero = _mm256_setzero_si256();
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  for (size_t next = 0; next < count; next += 32) {
    // The last block may overlap the one before.
    const size_t i = std::min(next, count - 32);
    __m256i s0 = half, s1 = half, s2 = half, s3 = half;
    for (int32_t t = 0; t < taps; t += 2) {
      const __m256i pair = _mm256_set1_epi32(Pair(weights + t));
      const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[t] + i));
      const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[t + 1] + i));
      const __m256i low = _mm256_unpacklo_epi8(a, b);
      const __m256i high = _mm256_unpackhi_epi8(a, b);
      s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), pair));
      s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), pair));
      s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), pair));
      s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), pair));
    }
    const __m256i low = _mm256_packs_epi32(_mm256_sra_epi32(s0, shift), _mm256_sra_epi32(s1, shift));
    const __m256i high = _mm256_packs_epi32(_mm256_sra_epi32(s2, shift), _mm256_sra_epi32(s3, shift));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_packus_epi16(low, high));
  }
}

IMPULSE_AVX2 void WeighColumnsAvx2(const ColumnTaps& taps, const int16_t* pixels, size_t count, uint8_t* out) {
  // Of two pixels in each half: the lanes of the first beside those of the second.
  const __m256i beside = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,  //
                                          0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
  const __m256i halves = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  for (size_t x = 0; x < count; x++) {
    const int16_t* from = First(taps, x, pixels);
    const int16_t* weights = Weights(taps, x);
    __m256i sums = _mm256_setzero_si256();
    for (int32_t t = 0; t < taps.stride; t += 4, from += 4 * kLanes) {
      const __m256i four = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
      const __m128i both = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights + t));
      const __m256i pairs = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(both), halves);
      sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_shuffle_epi8(four, beside), pairs));
    }
    const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    StorePixel(sum, taps.bits, out + x * kLanes);
  }
}

#define IMPULSE_AVX512 __attribute__((target("avx2,avx512f,avx512bw")))

/// All lanes by their mask: GCC warns of the intrinsic without one.
IMPULSE_AVX512 inline __m512i ShiftRight(__m512i sums, __m128i shift) {
  return _mm512_mask_sra_epi32(sums, 0xffff, sums, shift);
}

IMPULSE_AVX512 void WeighRowsAvx512(const uint8_t* const* rows, const int16_t* weights, int32_t taps, int32_t bits,
                                    size_t count, uint8_t* out) {
  if (count < 64) return WeighRowsAvx2(rows, weights, taps, bits, count, out);
  const __m512i zero = _mm512_setzero_si512();
  const __m512i half = _mm512_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  for (size_t next = 0; next < count; next += 64) {
    const size_t i = std::min(next, count - 64);
    __m512i s0 = half, s1 = half, s2 = half, s3 = half;
    for (int32_t t = 0; t < taps; t += 2) {
      const __m512i pair = _mm512_set1_epi32(Pair(weights + t));
      const __m512i a = _mm512_loadu_si512(rows[t] + i);
      const __m512i b = _mm512_loadu_si512(rows[t + 1] + i);
      const __m512i low = _mm512_unpacklo_epi8(a, b);
      const __m512i high = _mm512_unpackhi_epi8(a, b);
      s0 = _mm512_add_epi32(s0, _mm512_madd_epi16(_mm512_unpacklo_epi8(low, zero), pair));
      s1 = _mm512_add_epi32(s1, _mm512_madd_epi16(_mm512_unpackhi_epi8(low, zero), pair));
      s2 = _mm512_add_epi32(s2, _mm512_madd_epi16(_mm512_unpacklo_epi8(high, zero), pair));
      s3 = _mm512_add_epi32(s3, _mm512_madd_epi16(_mm512_unpackhi_epi8(high, zero), pair));
    }
    const __m512i low = _mm512_packs_epi32(ShiftRight(s0, shift), ShiftRight(s1, shift));
    const __m512i high = _mm512_packs_epi32(ShiftRight(s2, shift), ShiftRight(s3, shift));
    _mm512_storeu_si512(out + i, _mm512_packus_epi16(low, high));
  }
}

IMPULSE_AVX2 void AddRowAvx2(const uint8_t* row, size_t count, uint16_t* sums) { AddRow(row, count, sums); }
IMPULSE_AVX2 void AddRowWideAvx2(const uint8_t* row, size_t count, uint32_t* sums) { AddRow(row, count, sums); }
IMPULSE_AVX2 void DivideAvx2(const uint16_t* sums, size_t count, uint32_t multiplier, uint8_t* out) {
  Divide(sums, count, multiplier, out);
}
IMPULSE_AVX2 void DivideWordsAvx2(uint16_t* sums, size_t count, uint32_t multiplier) {
  Divide(sums, count, multiplier, sums);
}

#else

void SumBoxesPlain(const uint8_t* pixels, size_t bands, size_t boxes, size_t box, uint16_t* sums) {
  for (size_t x = 0; x < boxes; x++, sums += kLanes) {
    uint16_t sum[kLanes] = {};
    for (size_t i = 0; i < box; i++, pixels += bands) {
      for (size_t c = 0; c < kLanes; c++) sum[c] = static_cast<uint16_t>(sum[c] + pixels[c]);
    }
    for (size_t c = 0; c < kLanes; c++) sums[c] = static_cast<uint16_t>(sum[c] + box / 2);
  }
}

void WeighColumnsPlain(const ColumnTaps& taps, const int16_t* pixels, size_t count, uint8_t* out) {
  for (size_t x = 0; x < count; x++, out += kLanes) {
    const int16_t* from = First(taps, x, pixels);
    const int16_t* weights = Weights(taps, x);
    int32_t sums[kLanes];
    for (size_t lane = 0; lane < kLanes; lane++) sums[lane] = 1 << (taps.bits - 1);
    for (int32_t t = 0; t < taps.stride; t++, from += kLanes) {
      for (size_t lane = 0; lane < kLanes; lane++) sums[lane] += from[lane] * weights[t];
    }
    for (size_t lane = 0; lane < kLanes; lane++) out[lane] = ToByte(sums[lane] >> taps.bits);
  }
}

#endif

void AddRowPlain(const uint8_t* row, size_t count, uint16_t* sums) { AddRow(row, count, sums); }
void AddRowWidePlain(const uint8_t* row, size_t count, uint32_t* sums) { AddRow(row, count, sums); }
void DividePlain(const uint16_t* sums, size_t count, uint32_t multiplier, uint8_t* out) {
  Divide(sums, count, multiplier, out);
}
void DivideWordsPlain(uint16_t* sums, size_t count, uint32_t multiplier) { Divide(sums, count, multiplier, sums); }

#if defined(__x86_64__)
constexpr VipsKernels kBaseline = {AddRowPlain,      AddRowWidePlain, DividePlain,
                                   DivideWordsPlain, SumBoxesSse2,    WeighRowsSse2,
                                   WeighColumnsSse2};
constexpr VipsKernels kAvx2 = {AddRowAvx2,      AddRowWideAvx2, DivideAvx2,
                               DivideWordsAvx2, SumBoxesSse2,   WeighRowsAvx2,
                               WeighColumnsAvx2};
constexpr VipsKernels kAvx512 = {AddRowAvx2,      AddRowWideAvx2, DivideAvx2,
                                 DivideWordsAvx2, SumBoxesSse2,   WeighRowsAvx512,
                                 WeighColumnsAvx2};
#else
constexpr VipsKernels kBaseline = {AddRowPlain,      AddRowWidePlain, DividePlain,
                                   DivideWordsPlain, SumBoxesPlain,   WeighRowsPlain,
                                   WeighColumnsPlain};
#endif

}  // namespace

const VipsKernels& GetVipsKernels() {
#if defined(__x86_64__)
  static const bool wide = __builtin_cpu_supports("avx2");
  static const bool wider = wide && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  if (wider) return kAvx512;
  if (wide) return kAvx2;
#endif
  return kBaseline;
}

}  // namespace impulse
