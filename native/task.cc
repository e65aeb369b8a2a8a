#include "task.h"

#include <utility>

namespace impulse {

void Task::Fail(const char* kind, std::string message) {
  failure_kind_ = kind;
  failure_ = std::move(message);
}

void Task::Settle(Napi::Env env) {
  End(env);
  if (failure_kind_ != nullptr) {
    const Napi::Error error = Napi::Error::New(env, failure_);
    error.Value().Set("kind", failure_kind_);
    deferred_.Reject(error.Value());
    return;
  }
  try {
    deferred_.Resolve(Result(env));
  } catch (const Napi::Error& error) {  // no memory for the result, for instance
    deferred_.Reject(error.Value());
  }
}

}  // namespace impulse
