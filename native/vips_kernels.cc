#include "vips_kernels.h"

#include <algorithm>
#include <cstring>

#include "cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// So that each caller has it compiled for its own processor.
#define IMPULSE_INLINE inline __attribute__((always_inline))

namespace impulse {
namespace {

IMPULSE_INLINE void AddLine(const uint8_t* __restrict line, size_t count, uint32_t* __restrict sums) {
  for (size_t i = 0; i < count; i++) sums[i] += line[i];
}

/// From the `from`th byte on. Sums and what they become fit in words: at most 255.5 * 256.
IMPULSE_INLINE void Mean(const uint8_t* first, size_t stride, size_t lines, uint32_t multiplier, size_t from,
                         size_t count, uint8_t* __restrict out) {
  constexpr size_t kWords = 32;
  const uint16_t high = static_cast<uint16_t>(multiplier >> 16);
  const uint16_t low = static_cast<uint16_t>(multiplier);
  for (; from < count; from += kWords) {
    const size_t words = std::min(kWords, count - from);
    uint16_t sums[kWords];
    for (size_t i = 0; i < words; i++) sums[i] = static_cast<uint16_t>(lines / 2);
    for (size_t k = 0; k < lines; k++) {
      const uint8_t* line = first + k * stride + from;
      for (size_t i = 0; i < words; i++) sums[i] = static_cast<uint16_t>(sums[i] + line[i]);
    }
    for (size_t i = 0; i < words; i++) {
      const uint32_t part = uint32_t{sums[i]} * low >> 16;
      out[from + i] = static_cast<uint8_t>((sums[i] * high + part) >> 8);
    }
  }
}

/// The end of a line, with zeros after it.
struct LastGroup {
  LastGroup(const uint8_t* line, size_t count) { std::memcpy(bytes, line, count); }

  alignas(kGroup) uint8_t bytes[kGroup] = {};
};

/// Pixels from the `from`th on.
template <size_t kBands>
IMPULSE_INLINE void TurnPixels(const uint8_t* const* rows, size_t from, size_t pixels, uint8_t* columns) {
  for (size_t r = 0; r < 16; r++) {
    const uint8_t* row = rows[r];
    for (size_t x = from; x < pixels; x++) std::memcpy(columns + x * kGroup + r * 4, row + x * kBands, kBands);
  }
}

IMPULSE_INLINE void TurnRest(const uint8_t* const* rows, size_t bands, size_t from, size_t pixels, uint8_t* columns) {
  if (bands == 3) return TurnPixels<3>(rows, from, pixels, columns);
  TurnPixels<4>(rows, from, pixels, columns);
}

#if defined(__x86_64__)

/// Two weights for each pair of words.
IMPULSE_INLINE int32_t Weights(const int16_t* weights) {
  int32_t two;
  std::memcpy(&two, weights, sizeof two);
  return two;
}

// Unpacking bytes and words changes their order (in registers of more than 16 bytes: within each 16), which packing the
// sums undoes.

IMPULSE_INLINE __m128i Load128(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
IMPULSE_INLINE void Store128(void* to, __m128i value) { _mm_storeu_si128(static_cast<__m128i*>(to), value); }

IMPULSE_INLINE void PairGroupSse2(const uint8_t* a, const uint8_t* b, int16_t* pairs) {
  const __m128i zero = _mm_setzero_si128();
  for (size_t i = 0; i < kGroup; i += 16, pairs += 32) {
    const __m128i low = _mm_unpacklo_epi8(Load128(a + i), Load128(b + i));
    const __m128i high = _mm_unpackhi_epi8(Load128(a + i), Load128(b + i));
    Store128(pairs, _mm_unpacklo_epi8(low, zero));
    Store128(pairs + 8, _mm_unpackhi_epi8(low, zero));
    Store128(pairs + 16, _mm_unpacklo_epi8(high, zero));
    Store128(pairs + 24, _mm_unpackhi_epi8(high, zero));
  }
}

void PairLinesSse2(const uint8_t* a, const uint8_t* b, size_t count, int16_t* pairs) {
  size_t i = 0;
  for (; i + kGroup <= count; i += kGroup) PairGroupSse2(a + i, b + i, pairs + 2 * i);
  if (i == count) return;
  PairGroupSse2(LastGroup(a + i, count - i).bytes, LastGroup(b + i, count - i).bytes, pairs + 2 * i);
}

void WeighPairsSse2(const int16_t* const* pairs, const int16_t* weights, int32_t count_pairs, int32_t bits,
                    size_t count, uint8_t* out) {
  const __m128i half = _mm_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  for (size_t i = 0; i < count; i += 16) {
    __m128i s0 = half, s1 = half, s2 = half, s3 = half;
    for (int32_t t = 0; t < count_pairs; t++) {
      const __m128i two = _mm_set1_epi32(Weights(weights + 2 * t));
      const int16_t* words = pairs[t] + 2 * i;
      s0 = _mm_add_epi32(s0, _mm_madd_epi16(Load128(words), two));
      s1 = _mm_add_epi32(s1, _mm_madd_epi16(Load128(words + 8), two));
      s2 = _mm_add_epi32(s2, _mm_madd_epi16(Load128(words + 16), two));
      s3 = _mm_add_epi32(s3, _mm_madd_epi16(Load128(words + 24), two));
    }
    const __m128i low = _mm_packs_epi32(_mm_sra_epi32(s0, shift), _mm_sra_epi32(s1, shift));
    const __m128i high = _mm_packs_epi32(_mm_sra_epi32(s2, shift), _mm_sra_epi32(s3, shift));
    Store128(out + i, _mm_packus_epi16(low, high));
  }
}

#define IMPULSE_AVX2 __attribute__((target("avx2")))

IMPULSE_AVX2 IMPULSE_INLINE __m256i Load256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
IMPULSE_AVX2 IMPULSE_INLINE void Store256(void* to, __m256i value) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), value);
}

IMPULSE_AVX2 IMPULSE_INLINE void PairGroupAvx2(const uint8_t* a, const uint8_t* b, int16_t* pairs) {
  const __m256i zero = _mm256_setzero_si256();
  for (size_t i = 0; i < kGroup; i += 32, pairs += 64) {
    const __m256i low = _mm256_unpacklo_epi8(Load256(a + i), Load256(b + i));
    const __m256i high = _mm256_unpackhi_epi8(Load256(a + i), Load256(b + i));
    Store256(pairs, _mm256_unpacklo_epi8(low, zero));
    Store256(pairs + 16, _mm256_unpackhi_epi8(low, zero));
    Store256(pairs + 32, _mm256_unpacklo_epi8(high, zero));
    Store256(pairs + 48, _mm256_unpackhi_epi8(high, zero));
  }
}

IMPULSE_AVX2 void PairLinesAvx2(const uint8_t* a, const uint8_t* b, size_t count, int16_t* pairs) {
  size_t i = 0;
  for (; i + kGroup <= count; i += kGroup) PairGroupAvx2(a + i, b + i, pairs + 2 * i);
  if (i == count) return;
  PairGroupAvx2(LastGroup(a + i, count - i).bytes, LastGroup(b + i, count - i).bytes, pairs + 2 * i);
}

/// 32 bytes from four registers of sums.
IMPULSE_AVX2 IMPULSE_INLINE __m256i Pack(__m256i s0, __m256i s1, __m256i s2, __m256i s3, __m128i shift) {
  const __m256i low = _mm256_packs_epi32(_mm256_sra_epi32(s0, shift), _mm256_sra_epi32(s1, shift));
  const __m256i high = _mm256_packs_epi32(_mm256_sra_epi32(s2, shift), _mm256_sra_epi32(s3, shift));
  return _mm256_packus_epi16(low, high);
}

IMPULSE_AVX2 void WeighPairsAvx2(const int16_t* const* pairs, const int16_t* weights, int32_t count_pairs,
                                 int32_t bits, size_t count, uint8_t* out) {
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  for (size_t i = 0; i < count; i += kGroup) {
    __m256i s0 = half, s1 = half, s2 = half, s3 = half, s4 = half, s5 = half, s6 = half, s7 = half;
    for (int32_t t = 0; t < count_pairs; t++) {
      const __m256i two = _mm256_set1_epi32(Weights(weights + 2 * t));
      const int16_t* words = pairs[t] + 2 * i;
      s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(Load256(words), two));
      s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(Load256(words + 16), two));
      s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(Load256(words + 32), two));
      s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(Load256(words + 48), two));
      s4 = _mm256_add_epi32(s4, _mm256_madd_epi16(Load256(words + 64), two));
      s5 = _mm256_add_epi32(s5, _mm256_madd_epi16(Load256(words + 80), two));
      s6 = _mm256_add_epi32(s6, _mm256_madd_epi16(Load256(words + 96), two));
      s7 = _mm256_add_epi32(s7, _mm256_madd_epi16(Load256(words + 112), two));
    }
    Store256(out + i, Pack(s0, s1, s2, s3, shift));
    Store256(out + i + 32, Pack(s4, s5, s6, s7, shift));
  }
}

/// Four pixels of two rows, as four bytes each.
IMPULSE_AVX2 IMPULSE_INLINE __m256i FourPixels(const uint8_t* low, const uint8_t* high, __m256i spread) {
  const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(Load128(low)), Load128(high), 1);
  return _mm256_shuffle_epi8(both, spread);
}

IMPULSE_AVX2 void TurnAvx2(const uint8_t* const* rows, size_t bands, size_t pixels, uint8_t* columns) {
  const __m128i three = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
  const __m128i four = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m256i spread = _mm256_broadcastsi128_si256(bands == 3 ? three : four);
  size_t x = 0;
  for (; x * bands + 16 <= pixels * bands; x += 4) {
    for (size_t r = 0; r < 16; r += 8) {
      const uint8_t* const* at = rows + r;
      const size_t i = x * bands;
      const __m256i r0 = FourPixels(at[0] + i, at[4] + i, spread);
      const __m256i r1 = FourPixels(at[1] + i, at[5] + i, spread);
      const __m256i r2 = FourPixels(at[2] + i, at[6] + i, spread);
      const __m256i r3 = FourPixels(at[3] + i, at[7] + i, spread);
      const __m256i left01 = _mm256_unpacklo_epi32(r0, r1);
      const __m256i left23 = _mm256_unpacklo_epi32(r2, r3);
      const __m256i right01 = _mm256_unpackhi_epi32(r0, r1);
      const __m256i right23 = _mm256_unpackhi_epi32(r2, r3);
      uint8_t* to = columns + x * kGroup + r * 4;
      Store256(to, _mm256_unpacklo_epi64(left01, left23));
      Store256(to + kGroup, _mm256_unpackhi_epi64(left01, left23));
      Store256(to + 2 * kGroup, _mm256_unpacklo_epi64(right01, right23));
      Store256(to + 3 * kGroup, _mm256_unpackhi_epi64(right01, right23));
    }
  }
  TurnRest(rows, bands, x, pixels, columns);
}

IMPULSE_AVX2 IMPULSE_INLINE __m256i MeanOfWords(__m256i sums, __m256i high, __m256i low) {
  const __m256i sum = _mm256_add_epi16(_mm256_mullo_epi16(sums, high), _mm256_mulhi_epu16(sums, low));
  return _mm256_srli_epi16(sum, 8);
}

IMPULSE_AVX2 void MeanAvx2(const uint8_t* first, size_t stride, size_t lines, uint32_t multiplier, size_t count,
                           uint8_t* out) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i half = _mm256_set1_epi16(static_cast<int16_t>(lines / 2));
  const __m256i high = _mm256_set1_epi16(static_cast<int16_t>(multiplier >> 16));
  const __m256i low = _mm256_set1_epi16(static_cast<int16_t>(multiplier));
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    __m256i s0 = half, s1 = half, s2 = half, s3 = half;
    const uint8_t* line = first + i;
    for (size_t k = 0; k < lines; k++, line += stride) {
      const __m256i a = Load256(line);
      const __m256i b = Load256(line + 32);
      s0 = _mm256_add_epi16(s0, _mm256_unpacklo_epi8(a, zero));
      s1 = _mm256_add_epi16(s1, _mm256_unpackhi_epi8(a, zero));
      s2 = _mm256_add_epi16(s2, _mm256_unpacklo_epi8(b, zero));
      s3 = _mm256_add_epi16(s3, _mm256_unpackhi_epi8(b, zero));
    }
    Store256(out + i, _mm256_packus_epi16(MeanOfWords(s0, high, low), MeanOfWords(s1, high, low)));
    Store256(out + i + 32, _mm256_packus_epi16(MeanOfWords(s2, high, low), MeanOfWords(s3, high, low)));
  }
  Mean(first, stride, lines, multiplier, i, count, out);
}

IMPULSE_AVX2 void AddLineAvx2(const uint8_t* line, size_t count, uint32_t* sums) { AddLine(line, count, sums); }

#define IMPULSE_AVX512 __attribute__((target("avx512bw,avx512vnni")))

IMPULSE_AVX512 IMPULSE_INLINE void PairGroupAvx512(const uint8_t* a, const uint8_t* b, int16_t* pairs) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i low = _mm512_unpacklo_epi8(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
  const __m512i high = _mm512_unpackhi_epi8(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
  _mm512_storeu_si512(pairs, _mm512_unpacklo_epi8(low, zero));
  _mm512_storeu_si512(pairs + 32, _mm512_unpackhi_epi8(low, zero));
  _mm512_storeu_si512(pairs + 64, _mm512_unpacklo_epi8(high, zero));
  _mm512_storeu_si512(pairs + 96, _mm512_unpackhi_epi8(high, zero));
}

IMPULSE_AVX512 void PairLinesAvx512(const uint8_t* a, const uint8_t* b, size_t count, int16_t* pairs) {
  size_t i = 0;
  for (; i + kGroup <= count; i += kGroup) PairGroupAvx512(a + i, b + i, pairs + 2 * i);
  if (i == count) return;
  PairGroupAvx512(LastGroup(a + i, count - i).bytes, LastGroup(b + i, count - i).bytes, pairs + 2 * i);
}

/// Sums in the compiler's vectors, whose shifts its releases agree on.
typedef int32_t WideSums __attribute__((vector_size(64)));

IMPULSE_AVX512 IMPULSE_INLINE __m512i Shifted(__m512i sums, int32_t bits) {
  return reinterpret_cast<__m512i>(reinterpret_cast<WideSums>(sums) >> bits);
}

/// Sixteen sums and what two lines add to them.
IMPULSE_AVX512 IMPULSE_INLINE __m512i Dot(__m512i sums, const int16_t* words, __m512i two) {
  return _mm512_dpwssd_epi32(sums, _mm512_loadu_si512(words), two);
}

IMPULSE_AVX512 IMPULSE_INLINE void StoreGroup(__m512i s0, __m512i s1, __m512i s2, __m512i s3, int32_t bits,
                                              uint8_t* out) {
  const __m512i low = _mm512_packs_epi32(Shifted(s0, bits), Shifted(s1, bits));
  const __m512i high = _mm512_packs_epi32(Shifted(s2, bits), Shifted(s3, bits));
  _mm512_storeu_si512(out, _mm512_packus_epi16(low, high));
}

/// One group or two: of one alone the sums would wait for each other.
template <bool kTwo>
IMPULSE_AVX512 IMPULSE_INLINE void WeighGroups(const int16_t* const* pairs, const int16_t* weights,
                                               int32_t count_pairs, int32_t bits, size_t i, uint8_t* out) {
  const __m512i half = _mm512_set1_epi32(1 << (bits - 1));
  __m512i s0 = half, s1 = half, s2 = half, s3 = half, s4 = half, s5 = half, s6 = half, s7 = half;
  for (int32_t t = 0; t < count_pairs; t++) {
    const __m512i two = _mm512_set1_epi32(Weights(weights + 2 * t));
    const int16_t* words = pairs[t] + 2 * i;
    s0 = Dot(s0, words, two);
    s1 = Dot(s1, words + 32, two);
    s2 = Dot(s2, words + 64, two);
    s3 = Dot(s3, words + 96, two);
    if (!kTwo) continue;
    s4 = Dot(s4, words + 128, two);
    s5 = Dot(s5, words + 160, two);
    s6 = Dot(s6, words + 192, two);
    s7 = Dot(s7, words + 224, two);
  }
  StoreGroup(s0, s1, s2, s3, bits, out + i);
  if (kTwo) StoreGroup(s4, s5, s6, s7, bits, out + i + kGroup);
}

IMPULSE_AVX512 void WeighPairsAvx512(const int16_t* const* pairs, const int16_t* weights, int32_t count_pairs,
                                     int32_t bits, size_t count, uint8_t* out) {
  size_t i = 0;
  for (; i + kGroup < count; i += 2 * kGroup) WeighGroups<true>(pairs, weights, count_pairs, bits, i, out);
  if (i < count) WeighGroups<false>(pairs, weights, count_pairs, bits, i, out);
}

#else

/// Eight at a time, in the compiler's vectors.
typedef int16_t Words __attribute__((vector_size(16)));
typedef int32_t Sums __attribute__((vector_size(32)));

/// Eight words of the one beside eight of the other.
IMPULSE_INLINE void PairGroupPlain(const uint8_t* a, const uint8_t* b, int16_t* pairs) {
  for (size_t i = 0; i < kGroup; i += 8, pairs += 16) {
    for (size_t lane = 0; lane < 8; lane++) pairs[lane] = a[i + lane];
    for (size_t lane = 0; lane < 8; lane++) pairs[8 + lane] = b[i + lane];
  }
}

void PairLinesPlain(const uint8_t* a, const uint8_t* b, size_t count, int16_t* pairs) {
  size_t i = 0;
  for (; i + kGroup <= count; i += kGroup) PairGroupPlain(a + i, b + i, pairs + 2 * i);
  if (i == count) return;
  PairGroupPlain(LastGroup(a + i, count - i).bytes, LastGroup(b + i, count - i).bytes, pairs + 2 * i);
}

void WeighPairsPlain(const int16_t* const* pairs, const int16_t* weights, int32_t count_pairs, int32_t bits,
                     size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i += 8) {
    Sums sums = Sums{} + (1 << (bits - 1));
    for (int32_t t = 0; t < count_pairs; t++) {
      Words two[2];
      std::memcpy(two, pairs[t] + 2 * i, sizeof two);
      sums += __builtin_convertvector(two[0], Sums) * int32_t{weights[2 * t]};
      sums += __builtin_convertvector(two[1], Sums) * int32_t{weights[2 * t + 1]};
    }
    sums >>= bits;
    for (size_t lane = 0; lane < 8; lane++) {
      out[i + lane] = static_cast<uint8_t>(std::min(std::max(int32_t{sums[lane]}, 0), 255));
    }
  }
}

#endif

void AddLinePlain(const uint8_t* line, size_t count, uint32_t* sums) { AddLine(line, count, sums); }
void MeanPlain(const uint8_t* first, size_t stride, size_t lines, uint32_t multiplier, size_t count, uint8_t* out) {
  Mean(first, stride, lines, multiplier, 0, count, out);
}
void TurnPlain(const uint8_t* const* rows, size_t bands, size_t pixels, uint8_t* columns) {
  TurnRest(rows, bands, 0, pixels, columns);
}

#if defined(__x86_64__)
constexpr VipsKernels kBaseline = {AddLinePlain, MeanPlain, PairLinesSse2, WeighPairsSse2, TurnPlain};
constexpr VipsKernels kAvx2 = {AddLineAvx2, MeanAvx2, PairLinesAvx2, WeighPairsAvx2, TurnAvx2};
constexpr VipsKernels kAvx512 = {AddLineAvx2, MeanAvx2, PairLinesAvx512, WeighPairsAvx512, TurnAvx2};
#else
constexpr VipsKernels kBaseline = {AddLinePlain, MeanPlain, PairLinesPlain, WeighPairsPlain, TurnPlain};
#endif

}  // namespace

const VipsKernels& GetVipsKernels() {
#if defined(__x86_64__)
  if (GetCpuLevel() == CpuLevel::kAvx512) return kAvx512;
  if (GetCpuLevel() == CpuLevel::kAvx2) return kAvx2;
#endif
  return kBaseline;
}

}  // namespace impulse
