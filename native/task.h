// A piece of work that begins on JavaScript's thread, is done on a session's thread, and ends where it began.
#pragma once

#include <napi.h>

#include <string>

namespace impulse {

class Task {
 public:
  explicit Task(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  Napi::Promise promise() const { return deferred_.Promise(); }

  /// On the session's thread: no call into Node-API here. Throws std::exception when the library fails.
  virtual void Execute() = 0;
  /// The last task of a thread ends it.
  virtual bool IsLast() const { return false; }

  /// Says why the promise will be rejected. `kind` is one of the failures that src/native/addon.ts lists.
  void Fail(const char* kind, std::string message);
  /// On JavaScript's thread: settles the promise.
  void Settle(Napi::Env env);

 protected:
  /// On JavaScript's thread: what the promise resolves to.
  virtual Napi::Value Result(Napi::Env env) = 0;
  /// On JavaScript's thread, before the promise is settled, also if the task failed or never began.
  virtual void End(Napi::Env) {}

 private:
  Napi::Promise::Deferred deferred_;
  const char* failure_kind_ = nullptr;
  std::string failure_;
};

}  // namespace impulse
