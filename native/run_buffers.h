// The memory of one run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pack_pixels.h"

namespace impulse {

struct RunInput {
  /// The caller's pixels, kept for as long as the run lasts, and the plan that makes elements of them.
  const uint8_t* pixels = nullptr;
  std::shared_ptr<const PackingPlan> plan;
  /// Without a plan: a copy of the tensor's elements, so that the caller may do what it likes with its array at once.
  std::vector<uint8_t> elements;
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
