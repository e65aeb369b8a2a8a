// The thread of one session: it sleeps until there is a task, and runs tasks one at a time in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "task.h"

namespace impulse {

class SessionThread {
 public:
  using Deliver = std::function<void(std::unique_ptr<Task>)>;

  /// `deliver` is called on the thread with each task that was executed. Throws std::system_error if the
  /// system gives no more threads.
  explicit SessionThread(Deliver deliver);
  /// Waits for the task in progress. Those in the queue are destroyed.
  ~SessionThread();
  SessionThread(const SessionThread&) = delete;
  SessionThread& operator=(const SessionThread&) = delete;

  void Post(std::unique_ptr<Task> task);
  /// Takes away what has not begun yet.
  std::deque<std::unique_ptr<Task>> TakeQueued();
  /// No task begins after this.
  void RequestStop();
  /// Waits for the task in progress and ends the thread, leaving the queue as it is. What was in progress is
  /// delivered. Safe to call from several threads, and again.
  void Stop();

 private:
  void Loop();
  std::unique_ptr<Task> Next();
  void LingerAwake(uint32_t seen) const;

  const Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Task>> queue_;
  bool stopping_ = false;
  /// Changes with each of the two above, to be seen without the lock.
  std::atomic<uint32_t> news_{0};
  std::once_flag joined_;
  std::thread thread_;
};

/// Stops the threads of all sessions when the process exits: `process.exit()` on the main thread runs no
/// cleanup hooks, and a library must not run while its global data is destroyed. Call it after each library
/// that was opened: handlers run in the reverse order of their registration.
void StopSessionThreadsAtExit();

}  // namespace impulse
