// The JavaScript object of an open model.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "environment.h"
#include "run_buffers.h"

namespace impulse {

/// `NativeSession` of src/native/addon.ts. Only `OpenTask` makes one.
class Session : public Napi::ObjectWrap<Session> {
 public:
  static Napi::Function DefineClass(Napi::Env env);
  static Napi::Object Create(Napi::Env env, std::shared_ptr<SessionState> state);

  explicit Session(const Napi::CallbackInfo& info);
  /// Of an object that nobody closed: its thread has nothing to do, for runs keep their session's object.
  ~Session() override;

 private:
  /// The plan made of a JavaScript object, for as long as the same object comes again.
  struct PlanCache {
    Napi::ObjectReference packing;
    std::shared_ptr<const PackingPlan> plan;
  };

  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  void CheckThis(const Napi::CallbackInfo& info) const;
  void ReadInput(Napi::Value value, uint32_t index, RunInput& input, Napi::Array keep);
  std::shared_ptr<const PackingPlan> PlanOf(Napi::Object packing, size_t index);
  void ReadOutputs(const Napi::CallbackInfo& info, RunBuffers& buffers, Napi::Array keep);

  std::shared_ptr<SessionState> state_;
  std::vector<PlanCache> plans_;
  bool closed_ = false;
};

}  // namespace impulse
