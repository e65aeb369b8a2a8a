#include "tensor_to_js.h"

namespace impulse {
namespace {

/// The name of `DataType` in src/tensor.ts, or the library's number of a type that is none of those.
Napi::Value TypeToJs(Napi::Env env, tflite::Type type) {
  const auto name = [&env](const char* text) { return Napi::String::New(env, text); };
  switch (type) {
    case tflite::Type::kFloat32:
      return name("float32");
    case tflite::Type::kFloat16:
      return name("float16");
    case tflite::Type::kInt8:
      return name("int8");
    case tflite::Type::kUint8:
      return name("uint8");
    case tflite::Type::kInt16:
      return name("int16");
    case tflite::Type::kInt32:
      return name("int32");
    case tflite::Type::kInt64:
      return name("int64");
    case tflite::Type::kBool:
      return name("bool");
  }
  return Napi::Number::New(env, static_cast<int>(type));
}

}  // namespace

Napi::Array ShapeToJs(Napi::Env env, const std::vector<int32_t>& shape) {
  const Napi::Array array = Napi::Array::New(env, shape.size());
  for (uint32_t i = 0; i < shape.size(); i++) array.Set(i, shape[i]);
  return array;
}

Napi::Array TensorsToJs(Napi::Env env, const std::vector<TensorFacts>& tensors) {
  const Napi::Array array = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); i++) {
    const TensorFacts& facts = tensors[i];
    const Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", facts.name);
    tensor.Set("dataType", TypeToJs(env, facts.type));
    tensor.Set("shape", ShapeToJs(env, facts.shape));
    tensor.Set("scale", facts.quantization.scale);
    tensor.Set("zeroPoint", facts.quantization.zero_point);
    array.Set(i, tensor);
  }
  return array;
}

}  // namespace impulse
