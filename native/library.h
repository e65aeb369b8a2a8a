// A TensorFlow Lite C library, opened at run time.
#pragma once

#include <string>

#include "tflite_api.h"

namespace impulse {

struct Library {
  tflite::Api api{};
  /// "2.9.0"
  std::string version;

  bool HasXnnpack() const { return api.XnnpackCreate != nullptr && api.XnnpackDelete != nullptr; }
  /// Whether it takes delegates that know nothing of its structures.
  bool HasOpaqueDelegates() const { return api.OpaqueDelegateCreate != nullptr; }
};

/// Opens a library, or gives the one opened before under the same path. It stays open until the process ends:
/// its kernels may keep threads of their own. `on_first` is called after it was opened for the first time. Any
/// thread may call this. Throws std::runtime_error with the loader's own words, or with the name of an entry
/// point that is missing.
const Library& OpenLibrary(const std::string& path, void (*on_first)());

}  // namespace impulse
