#include "session_thread.h"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <set>
#include <utility>

namespace impulse {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a thread stays awake after a task: longer than JavaScript takes to look at a result and ask for the next.
constexpr std::chrono::microseconds kLinger{200};

/// Between two looks at the clock: some microseconds, of which the other half of the core has most.
constexpr int kPauses = 64;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

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
    news_.fetch_add(1, std::memory_order_release);
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
    news_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_one();
}

void SessionThread::Stop() {
  RequestStop();
  std::call_once(joined_, [this] { thread_.join(); });
}

/// Who waits for one result often asks for the next at once: a thread that is still awake begins it sooner than one that
/// must be woken, on a core that still has its memory. It gives way to whoever else wants the core.
void SessionThread::LingerAwake(uint32_t seen) const {
  if (std::thread::hardware_concurrency() < 2) return;
  const auto end = Clock::now() + kLinger;
  while (Clock::now() < end) {
    for (int i = 0; i < kPauses; i++) {
      if (news_.load(std::memory_order_acquire) != seen) return;
      Pause();
    }
    std::this_thread::yield();
  }
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
    const uint32_t seen = news_.load(std::memory_order_acquire);
    deliver_(std::move(task));
    if (last) return;
    LingerAwake(seen);
  }
}

}  // namespace impulse
