#include "finite_binding.h"

#include <cstddef>
#include <cstdint>

#include "finite.h"

namespace impulse {
namespace {

struct Floats {
  uint8_t* data = nullptr;
  size_t count = 0;
};

Floats FloatsOf(Napi::Env env, const Napi::Value& value) {
  napi_typedarray_type type = napi_bigint64_array;
  void* data = nullptr;
  size_t count = 0;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env, value, &type, &count, &data, nullptr, nullptr) != napi_ok ||
      type != napi_float32_array) {
    throw Napi::TypeError::New(env, "copyFinite: expected two arrays of float32");
  }
  return {static_cast<uint8_t*>(data), count};
}

}  // namespace

Napi::Value CopyFiniteSync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Floats from = FloatsOf(env, info[0]);
  const Floats to = FloatsOf(env, info[1]);
  if (from.count != to.count) throw Napi::RangeError::New(env, "copyFinite: the arrays have different lengths");
  return Napi::Boolean::New(env, CopyFinite(from.data, from.count * sizeof(float), to.data));
}

}  // namespace impulse
