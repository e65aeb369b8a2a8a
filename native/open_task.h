// Opening a model.
#pragma once

#include <memory>
#include <string>

#include "environment.h"
#include "interpreter.h"
#include "task.h"

namespace impulse {

/// Resolves to `OpenedSession` of src/native/addon.ts.
class OpenTask : public Task {
 public:
  OpenTask(Napi::Env env, std::shared_ptr<SessionState> session, std::string library_path, ModelBytes model,
           InterpreterOptions options)
      : Task(env),
        session_(std::move(session)),
        library_path_(std::move(library_path)),
        model_(std::move(model)),
        options_(std::move(options)) {}

  void Execute() override;

 protected:
  Napi::Value Result(Napi::Env env) override;
  void End(Napi::Env env) override;

 private:
  const std::shared_ptr<SessionState> session_;
  const std::string library_path_;
  ModelBytes model_;
  InterpreterOptions options_;
};

}  // namespace impulse
