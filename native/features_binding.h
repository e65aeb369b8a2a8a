// Raw features of pictures, for runners that take them.
#pragma once

#include <napi.h>

namespace impulse {

/// `imageFeatures(pixels: Uint8Array, out: Float32Array)`: one number (R << 16) | (G << 8) | B for each pixel; returns
/// `out`, which must have a third of the bytes' number.
Napi::Value ImageFeatures(const Napi::CallbackInfo& info);

}  // namespace impulse
