#include "resample_weighted.h"

#include <cstring>

namespace impulse {
namespace {

/// Three channels and a fourth lane without meaning: compilers make SSE or NEON instructions of it.
typedef float Pixel __attribute__((vector_size(16)));

inline Pixel LoadPixel(const float* from) {
  Pixel pixel;
  std::memcpy(&pixel, from, sizeof pixel);
  return pixel;
}

/// Weighted sums along one row. `row` has a readable float after its last pixel, `out` a writable one.
void SumAlong(const Taps& taps, const float* row, int32_t columns, float* out) {
  const int32_t* start = taps.start.data();
  const float* weights = taps.weights.data();
  for (int32_t i = 0; i < columns; i++) {
    const float* pixel = row + static_cast<size_t>(taps.first[i]) * 3;
    Pixel sum = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int32_t k = start[i]; k < start[i + 1]; k++, pixel += 3) sum += LoadPixel(pixel) * weights[k];
    std::memcpy(out + static_cast<size_t>(i) * 3, &sum, sizeof sum);
  }
}

/// The integer nearest to 0 <= x < 2^22, half to even, as the sum's last bits: `lrintf` is a call.
inline int32_t RoundHalfEven(float x) {
  const float shifted = x + 8388608.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  return bits & 0x7fffff;
}

/// From 255 on, 255.
inline uint8_t RoundHalfUp(float x) {
  const float bounded = x < 255.0f ? x : 255.0f;
  const int32_t whole = static_cast<int32_t>(bounded);
  return static_cast<uint8_t>(whole + (bounded - static_cast<float>(whole) >= 0.5f ? 1 : 0));
}

inline uint8_t ToByte(int32_t value) { return static_cast<uint8_t>(value < 255 ? value : 255); }

/// Floats of one row of `pixels`, with one more for the fourth lane of the last.
size_t RowFloats(int32_t pixels) { return static_cast<size_t>(pixels) * 3 + 1; }

/// The source columns that taps reach: the first, and one past the last.
struct Reach {
  size_t begin;
  size_t end;
};

Reach ReachOf(const Taps& taps, int32_t count) {
  Reach reach = {SIZE_MAX, 0};
  for (int32_t i = 0; i < count; i++) {
    const size_t begin = static_cast<size_t>(taps.first[i]);
    const size_t end = begin + static_cast<size_t>(taps.start[i + 1] - taps.start[i]);
    reach.begin = begin < reach.begin ? begin : reach.begin;
    reach.end = end > reach.end ? end : reach.end;
  }
  return reach;
}

/// Sums of whole blocks: `sums` holds the sum of a column of each block.
template <typename Sum, typename Mean>
void SumBlocks(const AreaBlocksResample& blocks, const PixelCut& cut, const PixelPatch& patch, Sum* sums,
               Mean mean) {
  const size_t count = static_cast<size_t>(patch.width) * static_cast<size_t>(blocks.block_x) * 3;
  const size_t offset = static_cast<size_t>(patch.from_x) * static_cast<size_t>(blocks.block_x) * 3;
  for (int32_t j = 0; j < patch.height; j++) {
    const int32_t row = (patch.from_y + j) * blocks.block_y;
    const uint8_t* first = cut.Row(row) + offset;
    for (size_t i = 0; i < count; i++) sums[i] = first[i];
    for (int32_t k = 1; k < blocks.block_y; k++) {
      const uint8_t* from = cut.Row(row + k) + offset;
      for (size_t i = 0; i < count; i++) sums[i] = static_cast<Sum>(sums[i] + from[i]);
    }
    uint8_t* out = patch.Row(j);
    const Sum* column = sums;
    for (int32_t i = 0; i < patch.width; i++, out += 3) {
      uint64_t total[3] = {0, 0, 0};
      for (int32_t k = 0; k < blocks.block_x; k++, column += 3) {
        total[0] += column[0];
        total[1] += column[1];
        total[2] += column[2];
      }
      for (int c = 0; c < 3; c++) out[c] = mean(total[c]);
    }
  }
}

template <typename Sum>
void MeanOfBlocks(const AreaBlocksResample& blocks, const PixelCut& cut, const PixelPatch& patch, void* scratch) {
  Sum* sums = static_cast<Sum*>(scratch);
  if (blocks.block_x == 2 && blocks.block_y == 2) {
    SumBlocks(blocks, cut, patch, sums, [](uint64_t sum) { return static_cast<uint8_t>((sum + 2) >> 2); });
    return;
  }
  const double area = static_cast<double>(blocks.block_x) * static_cast<double>(blocks.block_y);
  const float reciprocal = static_cast<float>(1.0 / area);
  SumBlocks(blocks, cut, patch, sums,
            [reciprocal](uint64_t sum) { return ToByte(RoundHalfEven(static_cast<float>(sum) * reciprocal)); });
}

}  // namespace

size_t WeightedScratchBytes(int32_t cut_width, int32_t patch_width) {
  return (RowFloats(cut_width) + 2 * RowFloats(patch_width)) * sizeof(float);
}

void ResampleArea(const AreaResample& resample, const PixelCut& cut, const PixelPatch& patch, void* scratch) {
  float* source = static_cast<float*>(scratch);
  float* along = source + RowFloats(cut.width);
  float* sum = along + RowFloats(patch.width);
  const Reach reach = ReachOf(resample.x, patch.width);
  const size_t count = static_cast<size_t>(patch.width) * 3;
  const Taps& rows = resample.y;
  source[reach.end * 3] = 0.0f;
  for (int32_t j = 0; j < patch.height; j++) {
    std::memset(sum, 0, count * sizeof(float));
    for (int32_t k = rows.start[j], row = rows.first[j]; k < rows.start[j + 1]; k++, row++) {
      const uint8_t* from = cut.Row(row);
      for (size_t i = reach.begin * 3; i < reach.end * 3; i++) source[i] = from[i];
      SumAlong(resample.x, source, patch.width, along);
      const float beta = rows.weights[k];
      for (size_t i = 0; i < count; i++) sum[i] += beta * along[i];
    }
    uint8_t* out = patch.Row(j);
    for (size_t i = 0; i < count; i++) out[i] = ToByte(RoundHalfEven(sum[i]));
  }
}

void ResampleTriangle(const TriangleResample& resample, const PixelCut& cut, const PixelPatch& patch,
                      void* scratch) {
  float* source = static_cast<float*>(scratch);
  float* along = source + RowFloats(cut.width);
  const Reach reach = ReachOf(resample.x, patch.width);
  const size_t count = static_cast<size_t>(patch.width) * 3;
  const Taps& rows = resample.y;
  source[reach.end * 3] = 0.0f;
  for (int32_t j = 0; j < patch.height; j++) {
    for (size_t i = reach.begin * 3; i < reach.end * 3; i++) source[i] = 0.0f;
    for (int32_t k = rows.start[j], row = rows.first[j]; k < rows.start[j + 1]; k++, row++) {
      const uint8_t* from = cut.Row(row);
      const float weight = rows.weights[k];
      for (size_t i = reach.begin * 3; i < reach.end * 3; i++) source[i] += static_cast<float>(from[i]) * weight;
    }
    SumAlong(resample.x, source, patch.width, along);
    uint8_t* out = patch.Row(j);
    for (size_t i = 0; i < count; i++) out[i] = RoundHalfUp(along[i]);
  }
}

void ResampleAreaBlocks(const AreaBlocksResample& resample, const PixelCut& cut, const PixelPatch& patch,
                        void* scratch) {
  // 255 times 257 rows are the most that 16 bits hold.
  if (resample.block_y <= 257) {
    MeanOfBlocks<uint16_t>(resample, cut, patch, scratch);
  } else {
    MeanOfBlocks<uint32_t>(resample, cut, patch, scratch);
  }
}

}  // namespace impulse
