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
  session_->interpreter = Interpreter::Open(std::move(model_), options_);
}

Napi::Value OpenTask::Result(Napi::Env env) {
  const Interpreter& interpreter = *session_->interpreter;
  const Napi::Object opened = Napi::Object::New(env);
  opened.Set("version", options_.library->version);
  opened.Set("inputs", TensorsToJs(env, interpreter.inputs()));
  opened.Set("outputs", TensorsToJs(env, interpreter.outputs()));
  opened.Set("kernels", static_cast<double>(interpreter.kernels()));
  opened.Set("failures", StringsToJs(env, interpreter.failures()));
  opened.Set("session", Session::Create(env, session_));
  return opened;
}

/// A model that did not open leaves a thread without work.
void OpenTask::End(Napi::Env env) {
  if (session_->interpreter == nullptr) Environment::Of(env).EndSession(session_);
}

}  // namespace impulse
