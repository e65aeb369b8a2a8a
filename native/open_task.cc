#include "open_task.h"

#include <utility>

#include "session.h"
#include "tensor_to_js.h"

namespace impulse {
namespace {

Napi::Array StringsToJs(Napi::Env env, const std::vector<std::string>& strings) {
  const Napi::Array array = Napi::Array::New(env, strings.size());
  for (uint32_t i = 0; i < strings.size(); i++) array.Set(i, strings[i]);
  return array;
}

}  // namespace

void OpenTask::Execute() {
  options_.library = &OpenLibrary(library_path_, StopSessionThreadsAtExit);
  try {
    session_->interpreter = Interpreter::Open(std::move(model_), options_);
  } catch (const DelegateError& error) {
    Fail("delegate", error.what());
  }
}

Napi::Value OpenTask::Result(Napi::Env env) {
  const Interpreter& interpreter = *session_->interpreter;
  const Napi::Object opened = Napi::Object::New(env);
  opened.Set("version", options_.library->version);
  opened.Set("inputs", TensorsToJs(env, interpreter.inputs()));
  opened.Set("outputs", TensorsToJs(env, interpreter.outputs()));
  opened.Set("kernels", static_cast<double>(interpreter.kernels()));
  opened.Set("failures", StringsToJs(env, interpreter.failures()));
  if (const std::optional<Share>& share = interpreter.share()) {
    const Napi::Object object = Napi::Object::New(env);
    object.Set("taken", static_cast<double>(share->taken));
    object.Set("operators", static_cast<double>(share->operators));
    opened.Set("share", object);
  }
  opened.Set("session", Session::Create(env, session_));
  return opened;
}

/// A model that did not open leaves a thread without work.
void OpenTask::End(Napi::Env env) {
  if (session_->interpreter == nullptr) Environment::Of(env).EndSession(session_);
}

}  // namespace impulse
