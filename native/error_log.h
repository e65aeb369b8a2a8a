// What the library has to say when something fails.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string>

namespace impulse {

/// Collects the library's messages. It may report from any of its threads.
class ErrorLog {
 public:
  /// For `TfLiteInterpreterOptionsSetErrorReporter`; `log` is an ErrorLog.
  static void Report(void* log, const char* format, va_list args) {
    char line[1024];
    const int length = std::vsnprintf(line, sizeof(line), format, args);
    if (length > 0) static_cast<ErrorLog*>(log)->Append(line);
  }

  void Append(const std::string& line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (text_.size() + line.size() > kMaxText) return;
    text_ += line;
    if (text_.back() != '\n') text_ += '\n';
  }

  /// The messages since the last call, one a line, or `otherwise` if there were none.
  std::string Take(const char* otherwise) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string text;
    text.swap(text_);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text.empty() ? otherwise : text;
  }

  void Clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    text_.clear();
  }

 private:
  /// A model that fails a thousand times in a row should not fill the memory.
  static constexpr size_t kMaxText = 16 * 1024;

  std::mutex mutex_;
  std::string text_;
};

}  // namespace impulse
