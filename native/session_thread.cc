#include "session_thread.h"

#include <cstdlib>
#include <exception>
#include <set>
#include <utility>

namespace impulse {
namespace {

/// Threads of this process. Never destroyed: the exit handler needs it.
struct Registry {
  std::mutex mutex;
  std::set<SessionThread*> threads;
};

Registry& GetRegistry() {
  static auto& registry = *new Registry;
  return registry;
}

void StopAll() {
  Registry& registry = GetRegistry();
  const std::lock_guard<std::mutex> lock(registry.mutex);
  for (SessionThread* thread : registry.threads) thread->RequestStop();
  for (SessionThread* thread : registry.threads) thread->Stop();
}

}  // namespace

void StopSessionThreadsAtExit() { std::atexit(StopAll); }

SessionThread::SessionThread(Deliver deliver) : deliver_(std::move(deliver)) {
  Registry& registry = GetRegistry();
  const std::lock_guard<std::mutex> lock(registry.mutex);
  thread_ = std::thread(&SessionThread::Loop, this);
  registry.threads.insert(this);
}

SessionThread::~SessionThread() {
  {
    Registry& registry = GetRegistry();
    const std::lock_guard<std::mutex> lock(registry.mutex);
    registry.threads.erase(this);
  }
  Stop();
}

void SessionThread::Post(std::unique_ptr<Task> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::deque<std::unique_ptr<Task>> SessionThread::TakeQueued() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(queue_, {});
}

void SessionThread::RequestStop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

void SessionThread::Stop() {
  RequestStop();
  std::call_once(joined_, [this] { thread_.join(); });
}

std::unique_ptr<Task> SessionThread::Next() {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_) return nullptr;
  std::unique_ptr<Task> task = std::move(queue_.front());
  queue_.pop_front();
  return task;
}

void SessionThread::Loop() {
  while (std::unique_ptr<Task> task = Next()) {
    const bool last = task->IsLast();
    try {
      task->Execute();
    } catch (const std::exception& error) {
      task->Fail("engine", error.what());
    }
    deliver_(std::move(task));
    if (last) return;
  }
}

}  // namespace impulse
