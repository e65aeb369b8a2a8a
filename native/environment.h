// What the addon keeps for one environment: the main thread, or one worker thread.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "interpreter.h"
#include "run_buffers.h"
#include "session_thread.h"
#include "task.h"

namespace impulse {

/// One open model and its thread.
struct SessionState {
  explicit SessionState(SessionThread::Deliver deliver) : thread(std::move(deliver)) {}

  /// Memory for a run: that of an earlier one, if there is any.
  std::unique_ptr<RunBuffers> TakeBuffers();
  void Recycle(std::unique_ptr<RunBuffers> buffers);

  /// Made, used and destroyed by the thread. Until the session is told to close, JavaScript's thread may read
  /// what it says of the model's tensors, which does not change.
  std::unique_ptr<Interpreter> interpreter;
  /// Of runs that ended; used on JavaScript's thread only.
  std::vector<std::unique_ptr<RunBuffers>> spare;
  /// Last, so that it ends before the interpreter goes.
  SessionThread thread;
};

class Environment {
 public:
  /// Stores itself as the environment's instance data.
  static void Create(Napi::Env env);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  explicit Environment(Napi::Env env);

  /// Starts a thread; it ends with its last task, or with the environment.
  std::shared_ptr<SessionState> StartSession();
  /// Ends the thread of a session that has nothing to do.
  void EndSession(const std::shared_ptr<SessionState>& session);
  /// Gives a task to a session's thread. Until it is settled the process stays alive.
  Napi::Promise Submit(SessionState& session, std::unique_ptr<Task> task);
  /// Rejects what a session has not begun yet.
  void RefuseQueued(SessionState& session, const char* message);

  Napi::FunctionReference session_class;

 private:
  static void OnDoorbell(napi_env env, napi_value, void* self, void*);
  static void OnCleanup(void* self);

  void Deliver(std::unique_ptr<Task> task);
  std::unique_ptr<Task> NextDone();
  void Settle(std::unique_ptr<Task> task);

  const Napi::Env env_;
  /// Wakes JavaScript's thread. It carries no data: finished tasks wait in `done_`, so that they can be
  /// destroyed in time when the environment goes.
  napi_threadsafe_function doorbell_ = nullptr;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Task>> done_;
  std::set<std::shared_ptr<SessionState>> sessions_;
  size_t unsettled_ = 0;
};

}  // namespace impulse
