// Which instructions the kernels may use.
#pragma once

namespace impulse {

/// Each has what the ones before it have. Other architectures than x86-64 have the baseline alone.
enum class CpuLevel {
  kBaseline,
  kAvx2,
  /// AVX-512 BW and VNNI.
  kAvx512,
};

/// What this processor and its system offer. For tests, which have to reach every kernel, the environment variable
/// IMPULSE_NATIVE_CPU may ask for less: `baseline`, `avx2` or `avx512`. It is read once.
CpuLevel GetCpuLevel();

/// As that variable says it.
const char* CpuLevelName(CpuLevel level);

}  // namespace impulse
