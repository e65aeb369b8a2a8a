// JavaScript's view of resize.h.
#pragma once

#include <napi.h>

namespace impulse {

/// `resizeFrame(frame: Frame, plan: ResizePlan, out: Uint8Array)`: on the calling thread; returns `out`, which must have
/// exactly width x height x 3 bytes of the target.
Napi::Value ResizeFrameSync(const Napi::CallbackInfo& info);

/// `resizeFrameAsync(frame, plan, out)`: the same on a thread of libuv's pool; resolves to `out`. Nothing is copied: the
/// bytes of `frame` and `out` must not be changed, moved or transferred before.
Napi::Value ResizeFrameAsync(const Napi::CallbackInfo& info);

}  // namespace impulse
