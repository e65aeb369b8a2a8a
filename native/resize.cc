#include "resize.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace impulse {
namespace {

/// More is given back after use.
constexpr size_t kMaxKeptBytes = size_t{8} << 20;

/// The part of the target that the picture covers.
PixelPatch CoveredPatch(const ResizePlan& plan, uint8_t* out) {
  const Rect& place = plan.place;
  const int32_t left = std::max(0, place.x);
  const int32_t top = std::max(0, place.y);
  PixelPatch patch;
  patch.stride = static_cast<size_t>(plan.width) * 3;
  patch.corner = out + static_cast<size_t>(top) * patch.stride + static_cast<size_t>(left) * 3;
  patch.width = std::min(plan.width, place.x + place.width) - left;
  patch.height = std::min(plan.height, place.y + place.height) - top;
  patch.from_x = left - place.x;
  patch.from_y = top - place.y;
  return patch;
}

/// What the picture does not cover becomes black.
void Blacken(const ResizePlan& plan, const PixelPatch& patch, uint8_t* out) {
  const size_t row = static_cast<size_t>(patch.width) * 3;
  if (row < patch.stride || patch.height < plan.height) std::memset(out, 0, plan.OutBytes());
}

/// Interleaved R G B from 1 to 4 bands: gray is repeated, alpha dropped.
void ToRgb(const uint8_t* from, int32_t bands, size_t count, uint8_t* to) {
  if (bands == 3) {
    std::memcpy(to, from, count * 3);
  } else if (bands == 4) {
    for (size_t i = 0; i < count; i++) std::memcpy(to + i * 3, from + i * 4, 3);
  } else {
    const size_t step = static_cast<size_t>(bands);
    for (size_t i = 0; i < count; i++) to[i * 3] = to[i * 3 + 1] = to[i * 3 + 2] = from[i * step];
  }
}

/// One row of the cut as R G B, into `to`. `row` is memory for a whole row of the frame.
void ReadCutRow(const ResizePlan& plan, const FrameRows& source, int32_t y, uint8_t* row, uint8_t* to) {
  const size_t bands = static_cast<size_t>(source.bands());
  const uint8_t* bytes = source.Row(plan.crop.y + y, row) + static_cast<size_t>(plan.crop.x) * bands;
  ToRgb(bytes, source.bands(), static_cast<size_t>(plan.crop.width), to);
}

/// Kernels that read R G B from memory: the frame's own where it is such, else all rows of the cut, unpacked.
template <typename Kernel>
void OnPixels(const ResizePlan& plan, const FrameView& frame, ResizeScratch& scratch, size_t bytes, Kernel kernel) {
  const Rect& crop = plan.crop;
  PixelCut cut;
  cut.width = crop.width;
  cut.height = crop.height;
  if (frame.format == FrameFormat::kRgb) {
    cut.stride = frame.stride;
    cut.corner = frame.data + static_cast<size_t>(crop.y) * frame.stride + static_cast<size_t>(crop.x) * 3;
    cut.end = frame.data + frame.length;
    kernel(cut, scratch.Borrow(bytes));
    return;
  }
  const FrameRows source(frame);
  cut.stride = static_cast<size_t>(crop.width) * 3;
  const size_t own = (bytes + 63) / 64 * 64;
  const size_t unpacked = cut.stride * static_cast<size_t>(crop.height);
  uint8_t* memory = scratch.Borrow(own + unpacked + source.row_bytes());
  uint8_t* pixels = memory + own;
  for (int32_t y = 0; y < crop.height; y++) {
    ReadCutRow(plan, source, y, pixels + unpacked, pixels + static_cast<size_t>(y) * cut.stride);
  }
  cut.corner = pixels;
  cut.end = pixels + unpacked;
  kernel(cut, memory);
}

/// One overload for each member of `Resample`.
class Resampling {
 public:
  Resampling(const ResizePlan& plan, const FrameView& frame, ResizeScratch& scratch, const PixelPatch& patch)
      : plan_(plan), frame_(frame), scratch_(scratch), patch_(patch) {}

  void operator()(const CopyResample&) const {
    const FrameRows source(frame_);
    const size_t bands = static_cast<size_t>(source.bands());
    uint8_t* row = source.converts() ? scratch_.Borrow(source.row_bytes()) : nullptr;
    const size_t from = static_cast<size_t>(plan_.crop.x + patch_.from_x) * bands;
    for (int32_t j = 0; j < patch_.height; j++) {
      const uint8_t* bytes = source.Row(plan_.crop.y + patch_.from_y + j, row) + from;
      ToRgb(bytes, source.bands(), static_cast<size_t>(patch_.width), patch_.Row(j));
    }
  }

  void operator()(const VipsResample& resample) const {
    const FrameRows source(frame_);
    ResampleVips(resample, source, patch_, scratch_.Borrow(VipsScratchBytes(resample, source, patch_)));
  }

  void operator()(const SdkResample& resample) const {
    Run(0, [&](const PixelCut& cut, uint8_t*) { ResampleSdk(resample, cut, patch_); });
  }

  void operator()(const AreaLinearResample& resample) const {
    Run(0, [&](const PixelCut& cut, uint8_t*) { ResampleAreaLinear(resample, cut, patch_); });
  }

  void operator()(const NearestResample& resample) const {
    Run(0, [&](const PixelCut& cut, uint8_t*) { ResampleNearest(resample, cut, patch_); });
  }

  void operator()(const AreaResample& resample) const {
    Run(WeightedBytes(),
        [&](const PixelCut& cut, uint8_t* memory) { ResampleArea(resample, cut, patch_, memory); });
  }

  void operator()(const AreaBlocksResample& resample) const {
    Run(WeightedBytes(),
        [&](const PixelCut& cut, uint8_t* memory) { ResampleAreaBlocks(resample, cut, patch_, memory); });
  }

  void operator()(const TriangleResample& resample) const {
    Run(WeightedBytes(),
        [&](const PixelCut& cut, uint8_t* memory) { ResampleTriangle(resample, cut, patch_, memory); });
  }

 private:
  size_t WeightedBytes() const { return WeightedScratchBytes(plan_.crop.width, patch_.width); }

  template <typename Kernel>
  void Run(size_t bytes, Kernel kernel) const {
    OnPixels(plan_, frame_, scratch_, bytes, kernel);
  }

  const ResizePlan& plan_;
  const FrameView& frame_;
  ResizeScratch& scratch_;
  const PixelPatch& patch_;
};

}  // namespace

uint8_t* ResizeScratch::Borrow(size_t bytes) {
  constexpr size_t kAlignment = 64;
  if (size_ < bytes + kAlignment) {
    memory_.reset();
    size_ = 0;
    memory_.reset(new uint8_t[bytes + kAlignment]);
    size_ = bytes + kAlignment;
  }
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory_.get());
  return memory_.get() + (kAlignment - address % kAlignment);
}

void ResizeScratch::Trim() {
  if (size_ <= kMaxKeptBytes) return;
  memory_.reset();
  size_ = 0;
}

ResizeScratch& ThreadScratch() {
  static thread_local ResizeScratch scratch;
  return scratch;
}

void Resize(const ResizePlan& plan, const FrameView& frame, ResizeScratch& scratch, uint8_t* out) {
  const PixelPatch patch = CoveredPatch(plan, out);
  Blacken(plan, patch, out);
  std::visit(Resampling(plan, frame, scratch, patch), plan.resample);
  const bool colour = BandsOf(frame.format) >= 3;
  if (plan.linear_gray != nullptr && colour) ToLinearGray(*plan.linear_gray, out, plan.OutBytes() / 3);
}

}  // namespace impulse
