#include "delegate.h"

#include <stdexcept>

#include "announcement.h"

namespace impulse {
namespace {

constexpr uint32_t kQuantizedFlags = tflite::kXnnpackQs8 | tflite::kXnnpackQu8;

/// The delegate's options begin with the number of threads. The flags follow; in newer libraries one more word stands
/// between the two. All later fields may be zero, and the library copies as much as its own version knows:
/// far more room than any version needs is given. Its function that returns default options is not called,
/// because how a structure is returned depends on its size.
struct alignas(16) XnnpackOptions {
  int32_t threads = 0;
  uint32_t words[63] = {};
};

enum FlagsWord : int { kSecondWord = 0, kThirdWord = 1 };

DelegatePtr Create(const Library& library, const XnnpackOptions* options) {
  DelegatePtr delegate(nullptr, DelegateDeleter{&library});
  WithoutAnnouncement([&] { delegate.reset(library.api.XnnpackCreate(options)); });
  if (delegate == nullptr) throw std::runtime_error("the library could not create its XNNPACK delegate");
  return delegate;
}

/// Where the flags stand, found by reading back what was written. Libraries that can't tell are old ones.
FlagsWord FindFlags(const Library& library) {
  if (library.api.XnnpackGetFlags == nullptr) return kSecondWord;
  XnnpackOptions options;
  options.words[kSecondWord] = kQuantizedFlags;
  const DelegatePtr probe = Create(library, &options);
  const auto seen = static_cast<uint32_t>(library.api.XnnpackGetFlags(probe.get()));
  return (seen & kQuantizedFlags) == kQuantizedFlags ? kSecondWord : kThirdWord;
}

/// What the library does by itself, apart from quantised kernels.
uint32_t DefaultFlags(const Library& library) {
  if (library.api.XnnpackGetFlags == nullptr) return 0;
  const DelegatePtr probe = Create(library, nullptr);
  return static_cast<uint32_t>(library.api.XnnpackGetFlags(probe.get())) & ~kQuantizedFlags;
}

}  // namespace

DelegatePtr CreateXnnpackDelegate(const Library& library, int threads, uint32_t quantized) {
  if (!library.HasXnnpack()) throw std::runtime_error("the library was built without XNNPACK");
  XnnpackOptions options;
  options.threads = threads;
  options.words[FindFlags(library)] = DefaultFlags(library) | quantized;
  return Create(library, &options);
}

}  // namespace impulse
