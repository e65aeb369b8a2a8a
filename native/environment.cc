#include "environment.h"

#include <utility>

namespace impulse {
namespace {

/// A burst of queued runs should not keep its memory for ever.
constexpr size_t kMaxSpareBuffers = 2;

}  // namespace

std::unique_ptr<RunBuffers> SessionState::TakeBuffers() {
  if (spare.empty()) return std::make_unique<RunBuffers>();
  std::unique_ptr<RunBuffers> buffers = std::move(spare.back());
  spare.pop_back();
  return buffers;
}

void SessionState::Recycle(std::unique_ptr<RunBuffers> buffers) {
  if (spare.size() < kMaxSpareBuffers) spare.push_back(std::move(buffers));
}

void Environment::Create(Napi::Env env) { env.SetInstanceData(new Environment(env)); }

Environment::Environment(Napi::Env env) : env_(env) {
  const Napi::String name = Napi::String::New(env, "impulse-runtime");
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                                             this, OnDoorbell, &doorbell_);
  NAPI_THROW_IF_FAILED_VOID(env, status);
  // An open session alone does not keep the process alive.
  NAPI_THROW_IF_FAILED_VOID(env, napi_unref_threadsafe_function(env, doorbell_));
  // Hooks run in reverse order: ours, which ends all threads, comes before the doorbell's own.
  NAPI_THROW_IF_FAILED_VOID(env, napi_add_env_cleanup_hook(env, OnCleanup, this));
}

std::shared_ptr<SessionState> Environment::StartSession() {
  auto session = std::make_shared<SessionState>([this](std::unique_ptr<Task> task) { Deliver(std::move(task)); });
  sessions_.insert(session);
  return session;
}

void Environment::EndSession(const std::shared_ptr<SessionState>& session) {
  session->thread.Stop();
  sessions_.erase(session);
}

Napi::Promise Environment::Submit(SessionState& session, std::unique_ptr<Task> task) {
  const Napi::Promise promise = task->promise();
  if (unsettled_++ == 0) napi_ref_threadsafe_function(env_, doorbell_);
  session.thread.Post(std::move(task));
  return promise;
}

void Environment::RefuseQueued(SessionState& session, const char* message) {
  for (std::unique_ptr<Task>& task : session.thread.TakeQueued()) {
    task->Fail("closed", message);
    Settle(std::move(task));
  }
}

/// On any thread.
void Environment::Deliver(std::unique_ptr<Task> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_.push_back(std::move(task));
  }
  napi_call_threadsafe_function(doorbell_, nullptr, napi_tsfn_nonblocking);
}

std::unique_ptr<Task> Environment::NextDone() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (done_.empty()) return nullptr;
  std::unique_ptr<Task> task = std::move(done_.front());
  done_.pop_front();
  return task;
}

void Environment::Settle(std::unique_ptr<Task> task) {
  if (--unsettled_ == 0) napi_unref_threadsafe_function(env_, doorbell_);
  const Napi::HandleScope scope(env_);
  try {
    task->Settle(env_);
  } catch (const Napi::Error&) {
    // Only an environment that is being terminated refuses to settle a promise: nobody waits for it any more.
  }
}

void Environment::OnDoorbell(napi_env env, napi_value, void* self, void*) {
  if (env == nullptr) return;  // the environment is gone
  auto* environment = static_cast<Environment*>(self);
  while (std::unique_ptr<Task> task = environment->NextDone()) environment->Settle(std::move(task));
}

/// On JavaScript's thread, while the environment still exists: waits for the runs in progress, which can't
/// be interrupted, and drops everything that refers to the environment.
void Environment::OnCleanup(void* self) {
  auto* environment = static_cast<Environment*>(self);
  for (const auto& session : environment->sessions_) session->thread.RequestStop();
  for (const auto& session : environment->sessions_) {
    session->thread.Stop();
    session->thread.TakeQueued().clear();
  }
  environment->sessions_.clear();
  environment->done_.clear();
}

}  // namespace impulse
