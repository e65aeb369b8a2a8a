// JavaScript's view of pack_pixels.h. Needs NAPI_CPP_EXCEPTIONS: what is wrong with an argument is thrown.
#pragma once

#include <napi.h>

#include "pack_pixels.h"

namespace impulse {

/// A plan from the object that `makePacking()` gives. Throws a TypeError or RangeError that names the field
/// when one is missing, of the wrong type, or of the wrong length: `PackPixels` reads no byte out of bounds
/// with what this returns.
PackingPlan PackingPlanFromJs(Napi::Object packing);

/// The memory of `elements`, a typed array of exactly the plan's type and length. Throws.
void* PackedElements(Napi::Env env, const Napi::Value& elements, const PackingPlan& plan);

/// `packPixels(pixels: Uint8Array, packing: Packing, out: Float32Array | Int8Array | Uint8Array)`: fills `out`
/// on the calling thread and returns it. Lengths and the type of `out` must be exactly the plan's.
Napi::Value PackPixelsSync(const Napi::CallbackInfo& info);

}  // namespace impulse
