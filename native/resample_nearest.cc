#include "resample_nearest.h"

#include <cstring>

namespace impulse {

void ResampleNearest(const NearestResample& resample, const PixelCut& cut, const PixelPatch& patch) {
  const int32_t* columns = resample.columns.data();
  for (int32_t j = 0; j < patch.height; j++) {
    const uint8_t* from = cut.Row(resample.rows[j]);
    uint8_t* out = patch.Row(j);
    for (int32_t i = 0; i < patch.width; i++) std::memcpy(out + i * 3, from + static_cast<size_t>(columns[i]) * 3, 3);
  }
}

}  // namespace impulse
