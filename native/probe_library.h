// Looking at a library without opening a model.
#pragma once

#include <napi.h>

namespace impulse {

/// `probeLibrary(path: string): Promise<{ version: string, xnnpack: boolean }>`. Rejects with the loader's words.
Napi::Value ProbeLibrary(const Napi::CallbackInfo& info);

}  // namespace impulse
