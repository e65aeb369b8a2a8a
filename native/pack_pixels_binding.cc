#include "pack_pixels_binding.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "pack_pixels_binding.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <cmath>
#include <cstring>
#include <string>

namespace impulse {
namespace {

/// Sides beyond this are a mistake; the product of three such numbers still fits in 64 bits.
constexpr int32_t kMaxSide = 1 << 16;
constexpr size_t kMaxPixels = size_t{1} << 28;

[[noreturn]] void ThrowType(Napi::Env env, const std::string& message) {
  throw Napi::TypeError::New(env, "packPixels: " + message);
}

[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message) {
  throw Napi::RangeError::New(env, "packPixels: " + message);
}

int32_t IntegerField(const Napi::Object& object, const char* name, int32_t min, int32_t max) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) ThrowType(object.Env(), std::string(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= min && number <= max) || number != std::floor(number)) {
    ThrowRange(object.Env(), std::string(name) + " must be an integer from " + std::to_string(min) + " to " +
                                 std::to_string(max) + " but is " + std::to_string(number));
  }
  return static_cast<int32_t>(number);
}

std::string StringField(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsString()) ThrowType(object.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

[[noreturn]] void ThrowUnknown(Napi::Env env, const char* name, const std::string& value) {
  ThrowType(env, std::string(name) + ": unknown value '" + value + "'");
}

ElementType ElementTypeOf(Napi::Env env, const std::string& name) {
  if (name == "float32") return ElementType::kFloat32;
  if (name == "int8") return ElementType::kInt8;
  if (name == "uint8") return ElementType::kUint8;
  ThrowUnknown(env, "dataType", name);
}

GrayScaling GrayScalingOf(Napi::Env env, const std::string& name) {
  if (name == "none") return GrayScaling::kNone;
  if (name == "0..255") return GrayScaling::k0To255;
  if (name == "-1..1") return GrayScaling::kMinus1To1;
  if (name == "-128..127") return GrayScaling::kMinus128To127;
  if (name == "torch") return GrayScaling::kTorch;
  if (name == "bgr-subtract-imagenet-mean") return GrayScaling::kBgrSubtractImagenetMean;
  ThrowUnknown(env, "scaling", name);
}

GrayRule GrayRuleOf(Napi::Env env, const std::string& name) {
  if (name == "saturate") return GrayRule::kSaturate;
  if (name == "wrap") return GrayRule::kWrap;
  if (name == "truncate") return GrayRule::kTruncate;
  ThrowUnknown(env, "quantization.rule", name);
}

napi_typedarray_type ArrayTypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return napi_float32_array;
    case ElementType::kInt8:
      return napi_int8_array;
    case ElementType::kUint8:
      return napi_uint8_array;
  }
  return napi_uint8_array;
}

/// The bytes of a typed array of exactly this type and length; a detached one has length 0 and is refused.
uint8_t* TypedBytes(Napi::Env env, const Napi::Value& value, const char* name, napi_typedarray_type type,
                    size_t length) {
  if (!value.IsTypedArray()) ThrowType(env, std::string(name) + " must be a typed array");
  const Napi::TypedArray array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != type) ThrowType(env, std::string(name) + " has the wrong element type");
  napi_typedarray_type seen_type;
  size_t seen_length = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(env, array, &seen_type, &seen_length, &data, nullptr, nullptr);
  if (status != napi_ok) ThrowType(env, std::string(name) + " can't be read");
  if (seen_length != length || (data == nullptr && length > 0)) {
    ThrowRange(env, std::string(name) + " must have " + std::to_string(length) + " elements but has " +
                        std::to_string(seen_length));
  }
  return static_cast<uint8_t*>(data);
}

void ReadRgb(const Napi::Object& packing, PackingPlan& plan) {
  const Napi::Env env = packing.Env();
  const std::string layout = StringField(packing, "layout");
  if (layout != "NHWC" && layout != "NCHW") ThrowUnknown(env, "layout", layout);
  plan.nchw = layout == "NCHW";

  const Napi::Value source = packing.Get("source");
  if (!source.IsArray() || source.As<Napi::Array>().Length() != 3) {
    ThrowType(env, "source must be an array of three channels");
  }
  for (uint32_t c = 0; c < 3; c++) {
    const Napi::Value channel = source.As<Napi::Array>().Get(c);
    const double number = channel.IsNumber() ? channel.As<Napi::Number>().DoubleValue() : -1.0;
    if (number != 0.0 && number != 1.0 && number != 2.0) ThrowRange(env, "source must hold 0, 1 or 2");
    plan.source[c] = static_cast<int32_t>(number);
  }

  const uint8_t* table = TypedBytes(env, packing.Get("table"), "table", ArrayTypeOf(plan.type), 768);
  plan.table.assign(table, table + 768 * (plan.type == ElementType::kFloat32 ? sizeof(float) : 1));
}

void ReadGray(const Napi::Object& packing, PackingPlan& plan) {
  const Napi::Env env = packing.Env();
  plan.scaling = GrayScalingOf(env, StringField(packing, "scaling"));
  const bool by_three =
      plan.scaling == GrayScaling::kTorch || plan.scaling == GrayScaling::kBgrSubtractImagenetMean;
  if (by_three && plan.ElementCount() % 3 != 0) {
    ThrowRange(env, "this scaling needs a multiple of three gray pixels");
  }

  plan.weighted.resize(768);
  const uint8_t* weighted = TypedBytes(env, packing.Get("weighted"), "weighted", napi_float32_array, 768);
  std::memcpy(plan.weighted.data(), weighted, 768 * sizeof(float));

  const Napi::Value quantization = packing.Get("quantization");
  plan.quantized = plan.type != ElementType::kFloat32;
  if (!plan.quantized) return;
  if (!quantization.IsObject()) ThrowType(env, "quantization must be an object for an integer element type");
  const Napi::Object parameters = quantization.As<Napi::Object>();
  const Napi::Value scale = parameters.Get("scale");
  if (!scale.IsNumber()) ThrowType(env, "quantization.scale must be a number");
  plan.scale = scale.As<Napi::Number>().FloatValue();
  if (!(plan.scale > 0.0f) || !std::isfinite(plan.scale)) {
    ThrowRange(env, "quantization.scale must be positive and finite");
  }
  plan.rule = GrayRuleOf(packing.Env(), StringField(parameters, "rule"));
  const bool is_signed = plan.type == ElementType::kInt8;
  plan.zero_point = IntegerField(parameters, "zeroPoint", is_signed ? -128 : 0, is_signed ? 127 : 255);
}

}  // namespace

PackingPlan PackingPlanFromJs(Napi::Object packing) {
  PackingPlan plan;
  plan.width = IntegerField(packing, "width", 1, kMaxSide);
  plan.height = IntegerField(packing, "height", 1, kMaxSide);
  if (static_cast<size_t>(plan.width) * static_cast<size_t>(plan.height) > kMaxPixels) {
    ThrowRange(packing.Env(), "width x height is too large");
  }
  plan.channels = IntegerField(packing, "channels", 1, 3);
  plan.type = ElementTypeOf(packing.Env(), StringField(packing, "dataType"));
  if (plan.channels == 3) {
    ReadRgb(packing, plan);
  } else if (plan.channels == 1) {
    ReadGray(packing, plan);
  } else {
    ThrowRange(packing.Env(), "channels must be 1 or 3");
  }
  return plan;
}

void* PackedElements(Napi::Env env, const Napi::Value& elements, const PackingPlan& plan) {
  return TypedBytes(env, elements, "out", ArrayTypeOf(plan.type), plan.ElementCount());
}

Napi::Value PackPixelsSync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[1].IsObject()) ThrowType(env, "expected (pixels, packing, out)");
  const PackingPlan plan = PackingPlanFromJs(info[1].As<Napi::Object>());
  // Pointers last: reading the plan may run getters of the caller's object.
  const uint8_t* pixels = TypedBytes(env, info[0], "pixels", napi_uint8_array, plan.PixelBytes());
  void* out = PackedElements(env, info[2], plan);
  PackPixels(plan, pixels, out);
  return info[2];
}

}  // namespace impulse
