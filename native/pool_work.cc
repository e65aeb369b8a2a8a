#include "pool_work.h"

#include <exception>
#include <utility>

namespace impulse {
namespace {

struct PoolWork {
  std::unique_ptr<Task> task;
  napi_async_work work = nullptr;
};

void Execute(napi_env, void* data) {
  Task& task = *static_cast<PoolWork*>(data)->task;
  try {
    task.Execute();
  } catch (const std::exception& error) {
    task.Fail("engine", error.what());
  }
}

/// On JavaScript's thread, also when the work was cancelled because the environment ends.
void Complete(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<PoolWork> pool_work(static_cast<PoolWork*>(data));
  napi_delete_async_work(env, pool_work->work);
  if (status != napi_ok) pool_work->task->Fail("closed", "the environment ends");
  const Napi::HandleScope scope(env);
  try {
    pool_work->task->Settle(env);
  } catch (const Napi::Error&) {
    // Only an environment that is being terminated refuses to settle a promise: nobody waits for it any more.
  }
}

}  // namespace

Napi::Promise RunOnPool(Napi::Env env, std::unique_ptr<Task> task) {
  const Napi::Promise promise = task->promise();
  auto pool_work = std::make_unique<PoolWork>();
  pool_work->task = std::move(task);
  const Napi::String name = Napi::String::New(env, "impulse-runtime");
  NAPI_THROW_IF_FAILED(
      env, napi_create_async_work(env, nullptr, name, Execute, Complete, pool_work.get(), &pool_work->work), promise);
  const napi_status status = napi_queue_async_work(env, pool_work->work);
  if (status != napi_ok) napi_delete_async_work(env, pool_work->work);
  NAPI_THROW_IF_FAILED(env, status, promise);
  pool_work.release();
  return promise;
}

}  // namespace impulse
