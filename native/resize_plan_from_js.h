// JavaScript's resize plans as native ones.
#pragma once

#include <napi.h>

#include <memory>

#include "resize.h"

namespace impulse {

/// Reads and checks a `ResizePlan` of src/preprocess/resample/plan.ts. Whatever the plan, what comes out of here can be
/// carried out on a sound frame of its source size without touching other memory. Throws a TypeError or RangeError that
/// names the field.
std::unique_ptr<const ResizePlan> ResizePlanFromJs(Napi::Object plan);

/// As `ResizePlanFromJs`, read once for each object: what was read stays with it. Later changes of the object are not
/// seen.
std::shared_ptr<const ResizePlan> ResizePlanOf(Napi::Object plan);

}  // namespace impulse
