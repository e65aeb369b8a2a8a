// `openSession()` as JavaScript calls it.
#pragma once

#include <napi.h>

namespace impulse {

/// `openSession(options: NativeOpenOptions): Promise<OpenedSession>` of src/native/addon.ts.
Napi::Value OpenSession(const Napi::CallbackInfo& info);

}  // namespace impulse
