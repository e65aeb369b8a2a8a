#include "announcement.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

namespace impulse {
namespace {

constexpr char kAnnouncement[] = "INFO: Created TensorFlow Lite XNNPACK delegate";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Standard error goes to a temporary file for as long as this lives.
class Capture {
 public:
  Capture() : file_(std::tmpfile()), saved_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (file_ == nullptr || saved_ < 0) return;
    active_ = dup2(fileno(file_.get()), STDERR_FILENO) >= 0;
  }

  ~Capture() {
    if (active_) {
      dup2(saved_, STDERR_FILENO);
      PassOn();
    }
    if (saved_ >= 0) close(saved_);
  }

  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

 private:
  void PassOn() {
    std::rewind(file_.get());
    char line[4096];
    while (std::fgets(line, sizeof(line), file_.get()) != nullptr) {
      if (std::strncmp(line, kAnnouncement, sizeof(kAnnouncement) - 1) != 0) std::fputs(line, stderr);
    }
  }

  const File file_;
  const int saved_;
  bool active_ = false;
};

}  // namespace

void WithoutAnnouncement(const std::function<void()>& action) {
  static std::once_flag first;
  bool done = false;
  std::call_once(first, [&] {
    const Capture capture;
    done = true;
    action();
  });
  if (!done) action();
}

}  // namespace impulse
