#include "cpu.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace impulse {
namespace {

CpuLevel OfProcessor() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) return CpuLevel::kBaseline;
  const bool wide = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
  return wide ? CpuLevel::kAvx512 : CpuLevel::kAvx2;
#else
  return CpuLevel::kBaseline;
#endif
}

/// Anything that is not a level's name asks for nothing less.
CpuLevel Asked() {
  const char* value = std::getenv("IMPULSE_NATIVE_CPU");
  const std::string name = value == nullptr ? "" : value;
  for (const CpuLevel level : {CpuLevel::kBaseline, CpuLevel::kAvx2}) {
    if (name == CpuLevelName(level)) return level;
  }
  return CpuLevel::kAvx512;
}

}  // namespace

CpuLevel GetCpuLevel() {
  static const CpuLevel level = std::min(OfProcessor(), Asked());
  return level;
}

const char* CpuLevelName(CpuLevel level) {
  constexpr const char* kNames[] = {"baseline", "avx2", "avx512"};
  return kNames[static_cast<size_t>(level)];
}

}  // namespace impulse
