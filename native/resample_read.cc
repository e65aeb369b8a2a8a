#include "resample_read.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "resample_read.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <cmath>
#include <string>
#include <vector>

namespace impulse {
namespace {

[[noreturn]] void ThrowType(Napi::Env env, const std::string& message) {
  throw Napi::TypeError::New(env, "resize: resample." + message);
}

[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message) {
  throw Napi::RangeError::New(env, "resize: resample." + message);
}

/// A whole number from 0 to 2^53.
int64_t Whole(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) ThrowType(object.Env(), std::string(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= 9007199254740992.0) || number != std::floor(number)) {
    ThrowRange(object.Env(), std::string(name) + " must be a whole number");
  }
  return static_cast<int64_t>(number);
}

Napi::Object Axis(const Napi::Object& resample, const char* name) {
  const Napi::Value value = resample.Get(name);
  if (!value.IsObject()) ThrowType(resample.Env(), std::string(name) + " must be an object");
  return value.As<Napi::Object>();
}

/// A copy of a typed array of exactly this type; a detached one is empty.
template <typename T>
std::vector<T> Array(const Napi::Object& object, const char* name, napi_typedarray_type type) {
  const Napi::Env env = object.Env();
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    ThrowType(env, std::string(name) + " must be a typed array of the plan's type");
  }
  napi_typedarray_type seen_type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &seen_type, &length, &data, nullptr, nullptr) != napi_ok) {
    ThrowType(env, std::string(name) + " can't be read");
  }
  const T* values = static_cast<const T*>(data);
  return values == nullptr ? std::vector<T>() : std::vector<T>(values, values + length);
}

void CheckLength(Napi::Env env, const char* name, size_t length, size_t expected) {
  if (length == expected) return;
  ThrowRange(env, std::string(name) + " must have " + std::to_string(expected) + " elements but has " +
                      std::to_string(length));
}

/// Every value from 0 to below `size`.
void CheckInside(Napi::Env env, const char* name, const std::vector<int32_t>& values, int32_t size) {
  for (const int32_t value : values) {
    if (value < 0 || value >= size) {
      ThrowRange(env, std::string(name) + " holds " + std::to_string(value) + ", outside a cut of " +
                          std::to_string(size) + " pixels");
    }
  }
}

int64_t ReadStep(const Napi::Object& resample, const char* name, int32_t from, int32_t count, int32_t cut) {
  const int64_t step = Whole(resample, name);
  // Exact where it is small enough to pass.
  const double last = static_cast<double>(step) * (static_cast<double>(from) + count - 1);
  if (std::floor(last / 16384) >= cut) ThrowRange(resample.Env(), std::string(name) + " leads out of the cut");
  return step;
}

int32_t ReadBlock(const Napi::Object& resample, const char* name, int32_t from, int32_t count, int32_t cut) {
  const int64_t block = Whole(resample, name);
  if (block < 1 || block > cut || block * (static_cast<int64_t>(from) + count) > cut) {
    ThrowRange(resample.Env(), std::string(name) + " must be blocks inside the cut");
  }
  return static_cast<int32_t>(block);
}

LinearTaps ReadLinearTaps(const Napi::Object& axis, int32_t count, int32_t cut) {
  LinearTaps taps;
  taps.first = Array<int32_t>(axis, "first", napi_int32_array);
  taps.weights = Array<int16_t>(axis, "weights", napi_int16_array);
  CheckLength(axis.Env(), "first", taps.first.size(), static_cast<size_t>(count));
  CheckLength(axis.Env(), "weights", taps.weights.size(), static_cast<size_t>(count) * 2);
  CheckInside(axis.Env(), "first", taps.first, cut);
  for (const int16_t weight : taps.weights) {
    if (weight < 0 || weight > 2048) ThrowRange(axis.Env(), "weights must be from 0 to 2048");
  }
  return taps;
}

/// Weights of one pixel: shares, which add up to one but for rounding. So every sum is a finite float below 256 or so.
void CheckWeights(Napi::Env env, const float* weights, int32_t count) {
  float sum = 0.0f;
  for (int32_t i = 0; i < count; i++) {
    if (!(weights[i] >= 0.0f)) ThrowRange(env, "weights must not be negative");
    sum += weights[i];
  }
  if (!(sum <= 1.01f)) ThrowRange(env, "weights of a pixel must add up to one");
}

Taps ReadTaps(const Napi::Object& axis, int32_t count, int32_t cut) {
  const Napi::Env env = axis.Env();
  Taps taps;
  taps.first = Array<int32_t>(axis, "first", napi_int32_array);
  taps.start = Array<int32_t>(axis, "start", napi_int32_array);
  taps.weights = Array<float>(axis, "weights", napi_float32_array);
  CheckLength(env, "first", taps.first.size(), static_cast<size_t>(count));
  CheckLength(env, "start", taps.start.size(), static_cast<size_t>(count) + 1);
  CheckInside(env, "first", taps.first, cut);
  if (taps.start.front() != 0) ThrowRange(env, "start must begin with 0");
  for (size_t i = 0; i < taps.first.size(); i++) {
    const int64_t taken = static_cast<int64_t>(taps.start[i + 1]) - taps.start[i];
    if (taken < 1 || taps.first[i] + taken > cut) ThrowRange(env, "start leads out of the cut");
    if (static_cast<size_t>(taps.start[i + 1]) > taps.weights.size()) {
      ThrowRange(env, "start leads out of the weights");
    }
    CheckWeights(env, taps.weights.data() + taps.start[i], static_cast<int32_t>(taken));
  }
  CheckLength(env, "weights", taps.weights.size(), static_cast<size_t>(taps.start.back()));
  return taps;
}

}  // namespace

SdkResample ReadSdkResample(const Napi::Object& resample, const ResampleShape& shape) {
  SdkResample result;
  result.step_x = ReadStep(resample, "stepX", shape.from_x, shape.patch_width, shape.cut_width);
  result.step_y = ReadStep(resample, "stepY", shape.from_y, shape.patch_height, shape.cut_height);
  return result;
}

AreaResample ReadAreaResample(const Napi::Object& resample, const ResampleShape& shape) {
  AreaResample result;
  result.x = ReadTaps(Axis(resample, "x"), shape.patch_width, shape.cut_width);
  result.y = ReadTaps(Axis(resample, "y"), shape.patch_height, shape.cut_height);
  return result;
}

AreaBlocksResample ReadAreaBlocksResample(const Napi::Object& resample, const ResampleShape& shape) {
  AreaBlocksResample result;
  result.block_x = ReadBlock(resample, "blockX", shape.from_x, shape.patch_width, shape.cut_width);
  result.block_y = ReadBlock(resample, "blockY", shape.from_y, shape.patch_height, shape.cut_height);
  return result;
}

AreaLinearResample ReadAreaLinearResample(const Napi::Object& resample, const ResampleShape& shape) {
  AreaLinearResample result;
  result.x = ReadLinearTaps(Axis(resample, "x"), shape.patch_width, shape.cut_width);
  result.y = ReadLinearTaps(Axis(resample, "y"), shape.patch_height, shape.cut_height);
  return result;
}

TriangleResample ReadTriangleResample(const Napi::Object& resample, const ResampleShape& shape) {
  TriangleResample result;
  result.x = ReadTaps(Axis(resample, "x"), shape.patch_width, shape.cut_width);
  result.y = ReadTaps(Axis(resample, "y"), shape.patch_height, shape.cut_height);
  return result;
}

NearestResample ReadNearestResample(const Napi::Object& resample, const ResampleShape& shape) {
  const Napi::Env env = resample.Env();
  NearestResample result;
  result.columns = Array<int32_t>(resample, "columns", napi_int32_array);
  result.rows = Array<int32_t>(resample, "rows", napi_int32_array);
  CheckLength(env, "columns", result.columns.size(), static_cast<size_t>(shape.patch_width));
  CheckLength(env, "rows", result.rows.size(), static_cast<size_t>(shape.patch_height));
  CheckInside(env, "columns", result.columns, shape.cut_width);
  CheckInside(env, "rows", result.rows, shape.cut_height);
  return result;
}

}  // namespace impulse
