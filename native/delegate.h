// The XNNPACK delegate: the fast kernels of the library.
#pragma once

#include <cstdint>
#include <memory>

#include "library.h"

namespace impulse {

struct DelegateDeleter {
  const Library* library;
  void operator()(tflite::Delegate* delegate) const { library->api.XnnpackDelete(delegate); }
};

using DelegatePtr = std::unique_ptr<tflite::Delegate, DelegateDeleter>;

/// `quantized` is the set of XnnpackFlags to ask for. Throws std::runtime_error if the library has no XNNPACK
/// or refuses to make a delegate. It must outlive the interpreter that uses it.
DelegatePtr CreateXnnpackDelegate(const Library& library, int threads, uint32_t quantized);

}  // namespace impulse
