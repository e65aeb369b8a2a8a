#include "frame_rows.h"

#include <algorithm>

namespace impulse {
namespace {

/// Pixels (or rows) of a chroma plane that is half as wide (or high) as the picture.
size_t Half(size_t size) { return (size + 1) / 2; }

bool HasPlanes(FrameFormat format) { return format == FrameFormat::kNv12 || format == FrameFormat::kI420; }

size_t ChromaStride(const FrameView& frame) {
  return frame.format == FrameFormat::kNv12 ? Half(frame.stride) * 2 : Half(frame.stride);
}

uint8_t Clamp(int32_t value) { return static_cast<uint8_t>(std::min(std::max(value, 0), 255)); }

/// BT.601 in integers, as the C++ SDK computes it: what one pair of chroma samples adds to each colour.
struct Chroma {
  int32_t red;
  int32_t green;
  int32_t blue;

  Chroma(int32_t u, int32_t v)
      : red(409 * (v - 128) + 128),
        green(-100 * (u - 128) - 208 * (v - 128) + 128),
        blue(516 * (u - 128) + 128) {}
};

void WritePixel(int32_t y, const Chroma& chroma, uint8_t* out) {
  const int32_t luma = 298 * (y - 16);
  out[0] = Clamp((luma + chroma.red) >> 8);
  out[1] = Clamp((luma + chroma.green) >> 8);
  out[2] = Clamp((luma + chroma.blue) >> 8);
}

/// Two pixels share one pair of chroma samples; in a row of odd width the last has one for itself.
/// `luma_step` and `chroma_step` are the bytes from one sample to the next.
template <int luma_step, int chroma_step>
void YuvToRgb(const uint8_t* y, const uint8_t* u, const uint8_t* v, size_t width, uint8_t* out) {
  const size_t pairs = width / 2;
  for (size_t p = 0; p < pairs; p++) {
    const Chroma chroma(u[p * chroma_step], v[p * chroma_step]);
    WritePixel(y[p * 2 * luma_step], chroma, out + p * 6);
    WritePixel(y[(p * 2 + 1) * luma_step], chroma, out + p * 6 + 3);
  }
  if (width % 2 == 0) return;
  WritePixel(y[pairs * 2 * luma_step], Chroma(u[pairs * chroma_step], v[pairs * chroma_step]), out + pairs * 6);
}

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
      YuvToRgb<2, 4>(in, in + 1, in + 3, width, scratch);
      break;
    case FrameFormat::kUyvy:
      YuvToRgb<2, 4>(in + 1, in, in + 2, width, scratch);
      break;
    case FrameFormat::kNv12: {
      const uint8_t* uv =
          frame_.data + static_cast<size_t>(frame_.height) * frame_.stride + row / 2 * ChromaStride(frame_);
      YuvToRgb<1, 2>(in, uv, uv + 1, width, scratch);
      break;
    }
    case FrameFormat::kI420: {
      const size_t chroma = ChromaStride(frame_);
      const size_t height = static_cast<size_t>(frame_.height);
      const uint8_t* u = frame_.data + height * frame_.stride + row / 2 * chroma;
      YuvToRgb<1, 1>(in, u, u + Half(height) * chroma, width, scratch);
      break;
    }
  }
  return scratch;
}

}  // namespace impulse
