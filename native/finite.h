// Copies floats and looks for NaN and infinity on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace impulse {

/// Copies `size` bytes of float32 elements; false if one of them is NaN or infinite (an exponent of all ones). No early exit:
/// so the loop is vectorised.
inline bool CopyFinite(const uint8_t* from, size_t size, uint8_t* to) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t found = 0;
  for (size_t i = 0; i + sizeof(uint32_t) <= size; i += sizeof(uint32_t)) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof(bits));
    std::memcpy(to + i, &bits, sizeof(bits));
    found |= static_cast<uint32_t>((bits & kExponent) == kExponent);
  }
  return found == 0;
}

}  // namespace impulse
