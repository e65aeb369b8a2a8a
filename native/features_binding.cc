#include "features_binding.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "features_binding.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <cstddef>
#include <cstdint>
#include <string>

namespace impulse {
namespace {

struct Memory {
  void* data = nullptr;
  size_t length = 0;
};

Memory MemoryOf(Napi::Env env, const Napi::Value& value, napi_typedarray_type type, const char* name) {
  Memory memory;
  napi_typedarray_type seen = napi_bigint64_array;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env, value, &seen, &memory.length, &memory.data, nullptr, nullptr) != napi_ok ||
      seen != type) {
    throw Napi::TypeError::New(env, std::string("imageFeatures: ") + name + " has the wrong type");
  }
  return memory;
}

}  // namespace

Napi::Value ImageFeatures(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Memory pixels = MemoryOf(env, info[0], napi_uint8_array, "pixels");
  const Memory out = MemoryOf(env, info[1], napi_float32_array, "out");
  if (pixels.length != out.length * 3) {
    throw Napi::RangeError::New(env, "imageFeatures: " + std::to_string(pixels.length) + " bytes are not three for each of " +
                                         std::to_string(out.length) + " features");
  }
  const auto* from = static_cast<const uint8_t*>(pixels.data);
  auto* to = static_cast<float*>(out.data);
  for (size_t i = 0; i < out.length; i++, from += 3) {
    to[i] = static_cast<float>(int32_t{from[0]} << 16 | int32_t{from[1]} << 8 | int32_t{from[2]});
  }
  return info[1];
}

}  // namespace impulse
