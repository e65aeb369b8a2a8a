#include "frame_rows_binding.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "frame_rows_binding.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <cmath>
#include <cstring>
#include <string>

namespace impulse {
namespace {

struct Bytes {
  uint8_t* data;
  size_t length;
};

[[noreturn]] void ThrowType(Napi::Env env, const std::string& message) {
  throw Napi::TypeError::New(env, "frame: " + message);
}

[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message) {
  throw Napi::RangeError::New(env, "frame: " + message);
}

double IntegerField(const Napi::Object& object, const char* name, double max) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) ThrowType(object.Env(), std::string(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (number >= 1 && number <= max && number == std::floor(number)) return number;
  ThrowRange(object.Env(), std::string(name) + " must be a whole number from 1 on but is " + std::to_string(number));
}

FrameFormat FormatField(const Napi::Object& frame) {
  const Napi::Value value = frame.Get("format");
  if (!value.IsString()) ThrowType(frame.Env(), "format must be a string");
  const std::string name = value.As<Napi::String>().Utf8Value();
  if (name == "GRAY") return FrameFormat::kGray;
  if (name == "GRAYA") return FrameFormat::kGrayAlpha;
  if (name == "RGB") return FrameFormat::kRgb;
  if (name == "RGBA") return FrameFormat::kRgba;
  if (name == "BGR") return FrameFormat::kBgr;
  if (name == "BGRA") return FrameFormat::kBgra;
  if (name == "YUYV") return FrameFormat::kYuyv;
  if (name == "UYVY") return FrameFormat::kUyvy;
  if (name == "NV12") return FrameFormat::kNv12;
  if (name == "I420") return FrameFormat::kI420;
  if (name == "RGB565") return FrameFormat::kRgb565;
  ThrowType(frame.Env(), "unknown format '" + name + "'");
}

/// A detached array has length 0.
Bytes BytesOf(Napi::Env env, const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray()) ThrowType(env, std::string(name) + " must be a Uint8Array");
  const Napi::TypedArray array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_uint8_array) ThrowType(env, std::string(name) + " must be a Uint8Array");
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr) != napi_ok) {
    ThrowType(env, std::string(name) + " can't be read");
  }
  return {static_cast<uint8_t*>(data), length};
}

}  // namespace

FrameView FrameViewFromJs(Napi::Object frame) {
  FrameView view;
  view.format = FormatField(frame);
  // Products of these sizes stay far below 64 bits.
  view.width = static_cast<int32_t>(IntegerField(frame, "width", 1 << 30));
  view.height = static_cast<int32_t>(IntegerField(frame, "height", 1 << 30));
  view.stride = static_cast<size_t>(IntegerField(frame, "stride", 2147483648.0));
  // Bytes last: reading the fields may run getters of the caller's object.
  const Bytes bytes = BytesOf(frame.Env(), frame.Get("data"), "data");
  view.data = bytes.data;
  view.length = bytes.length;
  if (!IsSound(view)) ThrowRange(frame.Env(), "size, stride and data do not fit");
  return view;
}

Napi::Value UnpackFrameSync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsObject()) ThrowType(env, "expected (frame, out)");
  const FrameRows rows(FrameViewFromJs(info[0].As<Napi::Object>()));
  const Bytes out = BytesOf(env, info[1], "out");
  const size_t row_bytes = rows.row_bytes();
  if (out.length != row_bytes * static_cast<size_t>(rows.height())) {
    ThrowRange(env, "out must have " + std::to_string(row_bytes) + " bytes a row but has " +
                        std::to_string(out.length) + " in all");
  }
  for (int32_t y = 0; y < rows.height(); y++) {
    uint8_t* target = out.data + static_cast<size_t>(y) * row_bytes;
    const uint8_t* row = rows.Row(y, target);
    if (row != target) std::memmove(target, row, row_bytes);
  }
  return info[1];
}

}  // namespace impulse
