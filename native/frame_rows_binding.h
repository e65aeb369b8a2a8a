// JavaScript's view of frame_rows.h. Needs NAPI_CPP_EXCEPTIONS: what is wrong with an argument is thrown.
#pragma once

#include <napi.h>

#include "frame_rows.h"

namespace impulse {

/// A sound view of a `Frame` of src/preprocess/frame-format.ts: `{ data: Uint8Array, format, width, height, stride }`.
/// Throws a TypeError or RangeError that names the field. The view holds while the caller keeps `data` alive and
/// attached, and no JavaScript runs.
FrameView FrameViewFromJs(Napi::Object frame);

/// `unpackFrame(frame: Frame, out: Uint8Array)`: all rows, one after the other without padding, on the calling thread;
/// returns `out`, which must have exactly width x height x bands bytes.
Napi::Value UnpackFrameSync(const Napi::CallbackInfo& info);

}  // namespace impulse
