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
  /// Memory that JavaScript will own, of the size that the tensor had before the first run.
  uint8_t* data = nullptr;
  size_t size = 0;
  /// The run decided otherwise: the values are in `spill`.
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
