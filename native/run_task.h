// One run of a model.
#pragma once

#include <chrono>
#include <memory>

#include "environment.h"
#include "run_buffers.h"
#include "task.h"

namespace impulse {

/// Resolves to `NativeRunResult` of src/native/addon.ts.
class RunTask : public Task {
 public:
  /// `keep` holds the session's object, from index 1 an ArrayBuffer for each output, and all else that the buffers point to.
  RunTask(Napi::Env env, std::shared_ptr<SessionState> session, std::unique_ptr<RunBuffers> buffers,
          Napi::Array keep);
  ~RunTask() override;

  void Execute() override;

 protected:
  Napi::Value Result(Napi::Env env) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool FillInputs();
  void TakeOutputs();
  Napi::Object OutputToJs(Napi::Env env, uint32_t index) const;

  const std::shared_ptr<SessionState> session_;
  std::unique_ptr<RunBuffers> buffers_;
  Napi::Reference<Napi::Array> keep_;
  const Clock::time_point queued_ = Clock::now();
  Clock::time_point begun_;
  Clock::time_point filled_;
  Clock::time_point invoked_;
};

}  // namespace impulse
