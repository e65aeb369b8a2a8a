// A delegate that comes in a library of its own, such as that of an Edge TPU or of ArmNN: in TFLite's words an
// external delegate.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "error_log.h"
#include "library.h"

namespace impulse {

/// The delegate itself can't be had: no model would open with it.
class DelegateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ExternalDelegateOptions {
  /// Of its library, as `dlopen()` takes it.
  std::string path;
  /// Names and values, handed over as they are.
  std::vector<std::pair<std::string, std::string>> options;
};

/// How much of a model a delegate took.
struct Share {
  size_t taken = 0;
  size_t operators = 0;
  /// An operator that it left and nobody else has, or empty.
  std::string unresolved;
};

/// One delegate. Its library stays open until the process ends: drivers keep threads of their own. Belongs to the
/// thread that makes it.
class ExternalDelegate {
 public:
  /// What the delegate reports goes to `log`, which must outlive it. Throws DelegateError, with the delegate's own
  /// words where it has any.
  ExternalDelegate(const ExternalDelegateOptions& options, const Library& library, ErrorLog& log);
  ~ExternalDelegate();
  ExternalDelegate(const ExternalDelegate&) = delete;
  ExternalDelegate& operator=(const ExternalDelegate&) = delete;

  tflite::Delegate* get() const { return delegate_; }
  /// Calls `build`, which makes an interpreter with this delegate, and counts what the delegate took meanwhile.
  /// Nothing where the delegate does not let itself be watched.
  std::optional<Share> Watch(const std::function<void()>& build);

 private:
  tflite::Delegate* delegate_ = nullptr;
  void (*destroy_)(tflite::Delegate*) = nullptr;
};

}  // namespace impulse
