// The memory of one run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pack_pixels.h"

namespace impulse {

/// A copy of what the caller gave, so that it may do what it likes with its array at once.
struct RunInput {
  /// Elements of the tensor, or pixels that `plan` makes into those.
  std::vector<uint8_t> bytes;
  std::shared_ptr<const PackingPlan> plan;
};

struct RunOutput {
  /// Memory of JavaScript's, kept for as long as the run lasts.
  uint8_t* data = nullptr;
  size_t size = 0;
  /// The tensor has another size than that: the values are in `spill`.
  bool resized = false;
  std::vector<uint8_t> spill;
  /// Its dimensions, where they are not those that it had before the first run.
  bool reshaped = false;
  std::vector<int32_t> shape;
};

struct RunBuffers {
  std::vector<RunInput> inputs;
  std::vector<RunOutput> outputs;
};

}  // namespace impulse
