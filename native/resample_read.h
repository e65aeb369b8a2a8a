// The `resample` of a plan from JavaScript (src/preprocess/resample/plan.ts), copied and checked: after this, the
// kernels of resample_bilinear.h, resample_weighted.h and resample_nearest.h stay inside their cut and their patch.
#pragma once

#include <napi.h>

#include <cstdint>

#include "resample_bilinear.h"
#include "resample_nearest.h"
#include "resample_weighted.h"

namespace impulse {

/// Sizes that a plan's tables must fit, in pixels: `PixelCut` and `PixelPatch` without their memory.
struct ResampleShape {
  int32_t cut_width = 0;
  int32_t cut_height = 0;
  int32_t patch_width = 0;
  int32_t patch_height = 0;
  int32_t from_x = 0;
  int32_t from_y = 0;
};

/// @throws Napi::TypeError, Napi::RangeError where a field is missing, of another type or does not fit `shape`
SdkResample ReadSdkResample(const Napi::Object& resample, const ResampleShape& shape);
AreaResample ReadAreaResample(const Napi::Object& resample, const ResampleShape& shape);
AreaBlocksResample ReadAreaBlocksResample(const Napi::Object& resample, const ResampleShape& shape);
AreaLinearResample ReadAreaLinearResample(const Napi::Object& resample, const ResampleShape& shape);
TriangleResample ReadTriangleResample(const Napi::Object& resample, const ResampleShape& shape);
NearestResample ReadNearestResample(const Napi::Object& resample, const ResampleShape& shape);

}  // namespace impulse
