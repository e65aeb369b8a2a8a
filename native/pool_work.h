// Tasks on libuv's pool of threads, for short work that belongs to no session.
#pragma once

#include <napi.h>

#include <memory>

#include "task.h"

namespace impulse {

/// Queues a task; an environment that ends waits for one in progress.
Napi::Promise RunOnPool(Napi::Env env, std::unique_ptr<Task> task);

}  // namespace impulse
