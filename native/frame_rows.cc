#include "frame_rows.h"

#include <algorithm>

#include "cpu.h"

/// So that each caller has it compiled for its own processor.
#define IMPULSE_INLINE inline __attribute__((always_inline))

namespace impulse {
namespace {

/// Pixels (or rows) of a chroma plane that is half as wide (or high) as the picture.
size_t Half(size_t size) { return (size + 1) / 2; }

bool HasPlanes(FrameFormat format) { return format == FrameFormat::kNv12 || format == FrameFormat::kI420; }

size_t ChromaStride(const FrameView& frame) {
  return frame.format == FrameFormat::kNv12 ? Half(frame.stride) * 2 : Half(frame.stride);
}

IMPULSE_INLINE uint8_t Clamp(int32_t value) { return static_cast<uint8_t>(std::min(std::max(value, 0), 255)); }

/// Samples of one row: where they begin, and the bytes from one to the next. Two pixels share one pair of chroma
/// samples; in a row of odd width the last has one for itself.
struct YuvRow {
  const uint8_t* y;
  size_t luma_step;
  const uint8_t* u;
  const uint8_t* v;
  size_t chroma_step;
};

/// Pixels converted at a time, as planes on the stack: loops over planes are what compilers vectorise. Even.
constexpr size_t kChunk = 128;

/// BT.601 in integers, as the C++ SDK computes it.
IMPULSE_INLINE void YuvToRgbPlain(const YuvRow& row, size_t width, uint8_t* out) {
  int32_t luma[kChunk];
  int32_t blue[kChunk];
  int32_t red[kChunk];
  uint8_t r[kChunk];
  uint8_t g[kChunk];
  uint8_t b[kChunk];
  for (size_t from = 0; from < width; from += kChunk) {
    const size_t count = std::min(kChunk, width - from);
    for (size_t x = 0; x < count; x++) luma[x] = 298 * (row.y[(from + x) * row.luma_step] - 16) + 128;
    for (size_t x = 0; x < count; x += 2) {
      const size_t at = (from + x) / 2 * row.chroma_step;
      blue[x] = blue[x + 1] = row.u[at] - 128;
      red[x] = red[x + 1] = row.v[at] - 128;
    }
    for (size_t x = 0; x < count; x++) r[x] = Clamp((luma[x] + 409 * red[x]) >> 8);
    for (size_t x = 0; x < count; x++) g[x] = Clamp((luma[x] - 100 * blue[x] - 208 * red[x]) >> 8);
    for (size_t x = 0; x < count; x++) b[x] = Clamp((luma[x] + 516 * blue[x]) >> 8);
    uint8_t* target = out + from * 3;
    for (size_t x = 0; x < count; x++) {
      target[x * 3] = r[x];
      target[x * 3 + 1] = g[x];
      target[x * 3 + 2] = b[x];
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void YuvToRgbAvx2(const YuvRow& row, size_t width, uint8_t* out) {
  YuvToRgbPlain(row, width, out);
}

/// The same loops, compiled twice: four times as fast where the processor has the wider registers.
void YuvToRgb(const YuvRow& row, size_t width, uint8_t* out) {
  if (GetCpuLevel() >= CpuLevel::kAvx2) return YuvToRgbAvx2(row, width, out);
  YuvToRgbPlain(row, width, out);
}
#else
void YuvToRgb(const YuvRow& row, size_t width, uint8_t* out) { YuvToRgbPlain(row, width, out); }
#endif

void SwapBgr(const uint8_t* in, size_t width, uint8_t* out) {
  for (size_t i = 0, end = width * 3; i < end; i += 3) {
    out[i] = in[i + 2];
    out[i + 1] = in[i + 1];
    out[i + 2] = in[i];
  }
}

void SwapBgra(const uint8_t* in, size_t width, uint8_t* out) {
  for (size_t i = 0, end = width * 4; i < end; i += 4) {
    out[i] = in[i + 2];
    out[i + 1] = in[i + 1];
    out[i + 2] = in[i];
    out[i + 3] = in[i + 3];
  }
}

/// The high bits fill the low ones, so that the largest value becomes 255.
void Rgb565ToRgb(const uint8_t* in, size_t width, uint8_t* out) {
  for (size_t x = 0; x < width; x++) {
    const uint32_t pixel = in[x * 2] | static_cast<uint32_t>(in[x * 2 + 1]) << 8;
    const uint32_t red = pixel >> 11;
    const uint32_t green = (pixel >> 5) & 63;
    const uint32_t blue = pixel & 31;
    out[x * 3] = static_cast<uint8_t>(red << 3 | red >> 2);
    out[x * 3 + 1] = static_cast<uint8_t>(green << 2 | green >> 4);
    out[x * 3 + 2] = static_cast<uint8_t>(blue << 3 | blue >> 2);
  }
}

}  // namespace

int32_t BandsOf(FrameFormat format) {
  switch (format) {
    case FrameFormat::kGray:
      return 1;
    case FrameFormat::kGrayAlpha:
      return 2;
    case FrameFormat::kRgba:
    case FrameFormat::kBgra:
      return 4;
    default:
      return 3;
  }
}

size_t MinStride(FrameFormat format, int32_t width) {
  const size_t pixels = static_cast<size_t>(width);
  switch (format) {
    case FrameFormat::kGray:
    case FrameFormat::kNv12:
    case FrameFormat::kI420:
      return pixels;
    case FrameFormat::kGrayAlpha:
    case FrameFormat::kRgb565:
      return pixels * 2;
    case FrameFormat::kRgb:
    case FrameFormat::kBgr:
      return pixels * 3;
    case FrameFormat::kRgba:
    case FrameFormat::kBgra:
      return pixels * 4;
    case FrameFormat::kYuyv:
    case FrameFormat::kUyvy:
      return Half(pixels) * 4;
  }
  return 0;
}

size_t NeededBytes(const FrameView& frame) {
  const size_t height = static_cast<size_t>(frame.height);
  if (!HasPlanes(frame.format)) return frame.stride * (height - 1) + MinStride(frame.format, frame.width);
  const bool two_planes = frame.format == FrameFormat::kNv12;
  const size_t rows = Half(height) * (two_planes ? 1 : 2);
  const size_t last_row = Half(static_cast<size_t>(frame.width)) * (two_planes ? 2 : 1);
  return frame.stride * height + ChromaStride(frame) * (rows - 1) + last_row;
}

bool IsSound(const FrameView& frame) {
  constexpr size_t kMaxStride = size_t{1} << 31;
  return frame.data != nullptr && frame.width >= 1 && frame.height >= 1 && frame.stride <= kMaxStride &&
         frame.stride >= MinStride(frame.format, frame.width) && NeededBytes(frame) <= frame.length;
}

FrameRows::FrameRows(const FrameView& frame)
    : frame_(frame),
      bands_(BandsOf(frame.format)),
      row_bytes_(static_cast<size_t>(frame.width) * static_cast<size_t>(bands_)),
      converts_(frame.format != FrameFormat::kGray && frame.format != FrameFormat::kGrayAlpha &&
                frame.format != FrameFormat::kRgb && frame.format != FrameFormat::kRgba) {}

const uint8_t* FrameRows::Row(int32_t y, uint8_t* scratch) const {
  const size_t row = static_cast<size_t>(y);
  const size_t width = static_cast<size_t>(frame_.width);
  const uint8_t* in = frame_.data + row * frame_.stride;
  switch (frame_.format) {
    case FrameFormat::kGray:
    case FrameFormat::kGrayAlpha:
    case FrameFormat::kRgb:
    case FrameFormat::kRgba:
      return in;
    case FrameFormat::kBgr:
      SwapBgr(in, width, scratch);
      break;
    case FrameFormat::kBgra:
      SwapBgra(in, width, scratch);
      break;
    case FrameFormat::kRgb565:
      Rgb565ToRgb(in, width, scratch);
      break;
    case FrameFormat::kYuyv:
      YuvToRgb({in, 2, in + 1, in + 3, 4}, width, scratch);
      break;
    case FrameFormat::kUyvy:
      YuvToRgb({in + 1, 2, in, in + 2, 4}, width, scratch);
      break;
    case FrameFormat::kNv12: {
      const uint8_t* uv =
          frame_.data + static_cast<size_t>(frame_.height) * frame_.stride + row / 2 * ChromaStride(frame_);
      YuvToRgb({in, 1, uv, uv + 1, 2}, width, scratch);
      break;
    }
    case FrameFormat::kI420: {
      const size_t chroma = ChromaStride(frame_);
      const size_t height = static_cast<size_t>(frame_.height);
      const uint8_t* u = frame_.data + height * frame_.stride + row / 2 * chroma;
      YuvToRgb({in, 1, u, u + Half(height) * chroma, 1}, width, scratch);
      break;
    }
  }
  return scratch;
}

}  // namespace impulse
