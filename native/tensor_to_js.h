// Facts about tensors, as JavaScript objects.
#pragma once

#include <napi.h>

#include <vector>

#include "interpreter.h"

namespace impulse {

Napi::Array ShapeToJs(Napi::Env env, const std::vector<int32_t>& shape);

/// `NativeTensorInfo[]` of src/native/addon.ts.
Napi::Array TensorsToJs(Napi::Env env, const std::vector<TensorFacts>& tensors);

}  // namespace impulse
