// From one picture to another of the model's size: carries out a `ResizePlan` of src/preprocess/resample/plan.ts, whose
// TypeScript kernels are the oracle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "frame_rows.h"
#include "linear_gray.h"
#include "resample_bilinear.h"
#include "resample_nearest.h"
#include "resample_vips.h"
#include "resample_weighted.h"

namespace impulse {

/// Whole pixels.
struct Rect {
  int32_t x = 0;
  int32_t y = 0;
  int32_t width = 0;
  int32_t height = 0;
};

/// The cut and the place have the same size.
struct CopyResample {};

using Resample = std::variant<CopyResample, VipsResample, SdkResample, AreaResample, AreaBlocksResample,
                              AreaLinearResample, TriangleResample, NearestResample>;

/// Cut `crop` out of the source, resample it to the size of `place`, and lay it there on a black target.
struct ResizePlan {
  int32_t source_width = 0;
  int32_t source_height = 0;
  int32_t width = 0;
  int32_t height = 0;
  /// Inside the source.
  Rect crop;
  /// May stick out of the target, but covers some of it.
  Rect place;
  Resample resample;
  /// Of colour sources, at the end. None: they stay colour.
  std::unique_ptr<const LinearGray> linear_gray;

  size_t OutBytes() const { return static_cast<size_t>(width) * static_cast<size_t>(height) * 3; }
};

/// Working memory, kept from one picture to the next: it grows to what the largest needs, and a picture of a size that
/// was there before needs no allocation. For one thread at a time.
class ResizeScratch {
 public:
  /// At least so many bytes, aligned to 64, without meaning. Ends the last loan. Throws std::bad_alloc.
  uint8_t* Borrow(size_t bytes);
  /// Gives up what is too large to be kept for ever.
  void Trim();

 private:
  std::unique_ptr<uint8_t[]> memory_;
  size_t size_ = 0;
};

/// The scratch of this thread.
ResizeScratch& ThreadScratch();

/// Carries out a plan that `ResizePlanFromJs` has checked. Touches nothing of Node-API; throws std::bad_alloc only.
///
/// @param frame sound, of the plan's source size
/// @param out `plan.OutBytes()` bytes, R G B interleaved, all of which are written; must not overlap the frame
void Resize(const ResizePlan& plan, const FrameView& frame, ResizeScratch& scratch, uint8_t* out);

}  // namespace impulse
