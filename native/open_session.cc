#include "open_session.h"

#include <memory>
#include <string>
#include <utility>

#include "environment.h"
#include "interpreter.h"
#include "open_task.h"

namespace impulse {
namespace {

[[noreturn]] void ThrowType(Napi::Env env, const char* message) {
  throw Napi::TypeError::New(env, std::string("openSession: ") + message);
}

/// -1 for the library's own kernels, otherwise the flags of the XNNPACK delegate.
std::vector<Kernels> KernelsFromJs(Napi::Env env, Napi::Value value) {
  if (!value.IsArray()) ThrowType(env, "kernels must be an array of numbers");
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<Kernels> kernels;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value flags = array.Get(i);
    if (!flags.IsNumber()) ThrowType(env, "kernels must be an array of numbers");
    const int32_t number = flags.As<Napi::Number>().Int32Value();
    kernels.push_back({number >= 0, number >= 0 ? static_cast<uint32_t>(number) : 0});
  }
  return kernels;
}

ModelBytes ModelFromJs(Napi::Env env, Napi::Value value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowType(env, "model must be a Uint8Array");
  }
  const Napi::Uint8Array bytes = value.As<Napi::Uint8Array>();
  return ModelBytes(bytes.Data(), bytes.ByteLength());
}

/// `{ path, options: [[name, value], ...] }`, or undefined.
std::optional<ExternalDelegateOptions> DelegateFromJs(Napi::Env env, Napi::Value value) {
  if (value.IsUndefined()) return std::nullopt;
  if (!value.IsObject()) ThrowType(env, "delegate must be an object");
  const Napi::Value path = value.As<Napi::Object>().Get("path");
  const Napi::Value pairs = value.As<Napi::Object>().Get("options");
  if (!path.IsString() || !pairs.IsArray()) ThrowType(env, "delegate must have a path and options");
  ExternalDelegateOptions delegate{path.As<Napi::String>().Utf8Value(), {}};
  const Napi::Array array = pairs.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value pair = array.Get(i);
    if (!pair.IsArray()) ThrowType(env, "options of a delegate must be pairs of strings");
    const Napi::Value name = pair.As<Napi::Array>().Get(0u);
    const Napi::Value text = pair.As<Napi::Array>().Get(1u);
    if (!name.IsString() || !text.IsString()) ThrowType(env, "options of a delegate must be pairs of strings");
    delegate.options.emplace_back(name.As<Napi::String>().Utf8Value(), text.As<Napi::String>().Utf8Value());
  }
  return delegate;
}

}  // namespace

Napi::Value OpenSession(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) ThrowType(env, "expected an options object");
  const Napi::Object object = info[0].As<Napi::Object>();
  const Napi::Value library = object.Get("library");
  const Napi::Value threads = object.Get("threads");
  if (!library.IsString()) ThrowType(env, "library must be a path");
  if (!threads.IsNumber()) ThrowType(env, "threads must be a number");
  InterpreterOptions options;
  options.threads = threads.As<Napi::Number>().Int32Value();
  options.kernels = KernelsFromJs(env, object.Get("kernels"));
  options.delegate = DelegateFromJs(env, object.Get("delegate"));
  ModelBytes model = ModelFromJs(env, object.Get("model"));

  Environment& environment = Environment::Of(env);
  const std::shared_ptr<SessionState> session = environment.StartSession();
  return environment.Submit(
      *session, std::make_unique<OpenTask>(env, session, library.As<Napi::String>().Utf8Value(), std::move(model),
                                           std::move(options)));
}

}  // namespace impulse
