// What JavaScript sees: `NativeAddon` of src/native/addon.ts.
#include <napi.h>

#include "cpu.h"
#include "environment.h"
#include "features_binding.h"
#include "finite_binding.h"
#include "frame_rows_binding.h"
#include "open_session.h"
#include "pack_pixels_binding.h"
#include "probe_library.h"
#include "resize_binding.h"
#include "session.h"

namespace impulse {
namespace {

/// Raised whenever the functions below change: an addon left over from another version is then refused.
constexpr int kInterfaceVersion = 7;

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Environment::Create(env);
  Environment::Of(env).session_class = Napi::Persistent(Session::DefineClass(env));
  exports.Set("interfaceVersion", kInterfaceVersion);
  exports.Set("cpuLevel", CpuLevelName(GetCpuLevel()));
  exports.Set("packPixels", Napi::Function::New<PackPixelsSync>(env, "packPixels"));
  exports.Set("unpackFrame", Napi::Function::New<UnpackFrameSync>(env, "unpackFrame"));
  exports.Set("copyFinite", Napi::Function::New<CopyFiniteSync>(env, "copyFinite"));
  exports.Set("imageFeatures", Napi::Function::New<ImageFeatures>(env, "imageFeatures"));
  exports.Set("resizeFrame", Napi::Function::New<ResizeFrameSync>(env, "resizeFrame"));
  exports.Set("resizeFrameAsync", Napi::Function::New<ResizeFrameAsync>(env, "resizeFrameAsync"));
  exports.Set("probeLibrary", Napi::Function::New<ProbeLibrary>(env, "probeLibrary"));
  exports.Set("openSession", Napi::Function::New<OpenSession>(env, "openSession"));
  return exports;
}

}  // namespace
}  // namespace impulse

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return impulse::Init(env, exports); }

NODE_API_MODULE(impulse_runtime, InitModule)
