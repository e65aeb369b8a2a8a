// From resized RGB bytes to the elements of a model's input tensor, in one pass. The plan is the native
// twin of `Packing` in src/preprocess/packing.ts; the TypeScript kernel beside it is the oracle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace impulse {

enum class ElementType { kFloat32, kInt8, kUint8 };

/// Applied to gray values in 0..1, every operation rounded to float32.
enum class GrayScaling { kNone, k0To255, kMinus1To1, kMinus128To127, kTorch, kBgrSubtractImagenetMean };

/// From x to an integer element, with q = x / scale: `GrayQuantization` in packing.ts says each.
enum class GrayRule { kSaturate, kWrap, kTruncate };

struct PackingPlan {
  /// Pixels of the model input.
  int32_t width = 0;
  int32_t height = 0;
  /// 3 (RGB: `table`) or 1 (gray: `weighted`, `scaling`, quantisation).
  int32_t channels = 3;
  bool nchw = false;
  ElementType type = ElementType::kFloat32;

  /// RGB: source channel (0 = R, 1 = G, 2 = B) of each output channel.
  int32_t source[3] = {0, 1, 2};
  /// RGB: 3 x 256 elements of `type`, as bytes; element c * 256 + v is output channel c of source byte v.
  std::vector<uint8_t> table;

  /// Gray: 3 x 256; the share of byte v of R, G or B in gray.
  std::vector<float> weighted;
  GrayScaling scaling = GrayScaling::kNone;
  /// Gray: scale is positive and finite, zero_point a value of the element type. Not read for float32.
  bool quantized = false;
  GrayRule rule = GrayRule::kSaturate;
  float scale = 1.0f;
  int32_t zero_point = 0;

  size_t PixelBytes() const { return static_cast<size_t>(width) * static_cast<size_t>(height) * 3; }
  size_t ElementCount() const {
    return static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  }
  size_t OutputBytes() const { return ElementCount() * (type == ElementType::kFloat32 ? 4 : 1); }
};

/// Fills `out` (`OutputBytes()` bytes, aligned for the element type) from `rgb` (`PixelBytes()` bytes,
/// R G B interleaved). Trusts the plan; `PackingPlanFromJs` checks it. Never allocates; any thread may call it.
void PackPixels(const PackingPlan& plan, const uint8_t* rgb, void* out);

}  // namespace impulse
