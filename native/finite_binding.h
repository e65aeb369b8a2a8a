// Elements that callers give, for engines that run in worker threads.
#pragma once

#include <napi.h>

namespace impulse {

/// `copyFinite(from: Float32Array, to: Float32Array): boolean`: copies all elements; false if one is NaN or infinite. Both have
/// the same length.
Napi::Value CopyFiniteSync(const Napi::CallbackInfo& info);

}  // namespace impulse
