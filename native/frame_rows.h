// Raw frames of every layout, read row by row as interleaved bytes. The native twin of
// src/preprocess/frame-format.ts, which is its oracle.
#pragma once

#include <cstddef>
#include <cstdint>

namespace impulse {

/// Layouts of raw frames; `kGrayAlpha` is what `channels: 2` means.
enum class FrameFormat { kGray, kGrayAlpha, kRgb, kRgba, kBgr, kBgra, kYuyv, kUyvy, kNv12, kI420, kRgb565 };

/// Bytes that belong to somebody else, and how they make a picture.
struct FrameView {
  const uint8_t* data = nullptr;
  size_t length = 0;
  FrameFormat format = FrameFormat::kRgb;
  /// Pixels, from 1 on.
  int32_t width = 0;
  int32_t height = 0;
  /// Bytes from one row of the first plane to the next, at least `MinStride()`. Chroma planes follow the first plane
  /// without a gap: the rows of NV12's take this many bytes (an odd number: one more), those of I420's the half,
  /// rounded up.
  size_t stride = 0;
};

/// Bytes per pixel of the rows that `FrameRows` gives: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA.
int32_t BandsOf(FrameFormat format);

/// Bytes of one row of the first plane without padding.
size_t MinStride(FrameFormat format, int32_t width);

/// Bytes that a frame must have at least: the last row (of the last plane) need not be padded.
size_t NeededBytes(const FrameView& frame);

/// True where sizes are positive, the stride suffices and all that `FrameRows` reads lies within `length`.
bool IsSound(const FrameView& frame);

/// Rows of a sound frame, as interleaved bytes. Never allocates; any number of threads may read one frame, each with
/// scratch memory of its own.
class FrameRows {
 public:
  /// @param frame for which `IsSound()` holds; its bytes must outlive this
  explicit FrameRows(const FrameView& frame);

  int32_t width() const { return frame_.width; }
  int32_t height() const { return frame_.height; }
  int32_t bands() const { return bands_; }
  /// Bytes of a row as `Row` gives it, and so of the scratch memory: width x bands.
  size_t row_bytes() const { return row_bytes_; }
  /// True where `Row` converts: the rows of the others are the frame's own memory.
  bool converts() const { return converts_; }
  /// Bytes from one row of the frame's own memory to the next.
  size_t stride() const { return frame_.stride; }

  /// Row `y`, 0..height-1, from the top: `row_bytes()` bytes, either in the frame or in `scratch`.
  const uint8_t* Row(int32_t y, uint8_t* scratch) const;

 private:
  FrameView frame_;
  int32_t bands_;
  size_t row_bytes_;
  bool converts_;
};

}  // namespace impulse
