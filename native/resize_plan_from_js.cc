#include "resize_plan_from_js.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "resize_plan_from_js.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace impulse {
namespace {

/// So that sums of two sides fit in 32 bits.
constexpr int32_t kMaxSide = 1 << 29;
/// Of the target: its bytes must fit in memory.
constexpr int32_t kMaxTargetSide = 1 << 16;
constexpr size_t kMaxTargetPixels = size_t{1} << 28;

[[noreturn]] void ThrowType(Napi::Env env, const std::string& message) {
  throw Napi::TypeError::New(env, "resize plan: " + message);
}

[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message) {
  throw Napi::RangeError::New(env, "resize plan: " + message);
}

/// An object of the plan, and where it stands.
struct Part {
  Napi::Object object;
  std::string path;

  Napi::Env env() const { return object.Env(); }
  std::string Name(const char* field) const { return path.empty() ? field : path + "." + field; }
};

double NumberField(const Part& part, const char* name, double min, double max) {
  const Napi::Value value = part.object.Get(name);
  if (!value.IsNumber()) ThrowType(part.env(), part.Name(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (number >= min && number <= max && number == std::floor(number)) return number;
  ThrowRange(part.env(), part.Name(name) + " must be a whole number from " + std::to_string(min) + " to " +
                             std::to_string(max) + " but is " + std::to_string(number));
}

int32_t IntegerField(const Part& part, const char* name, int32_t min, int32_t max) {
  return static_cast<int32_t>(NumberField(part, name, min, max));
}

std::string StringField(const Part& part, const char* name) {
  const Napi::Value value = part.object.Get(name);
  if (!value.IsString()) ThrowType(part.env(), part.Name(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

bool HasField(const Part& part, const char* name) { return !part.object.Get(name).IsUndefined(); }

Part PartField(const Part& part, const char* name) {
  const Napi::Value value = part.object.Get(name);
  if (!value.IsObject()) ThrowType(part.env(), part.Name(name) + " must be an object");
  return {value.As<Napi::Object>(), part.Name(name)};
}

template <typename Element>
constexpr napi_typedarray_type kArrayType = napi_uint8_array;
template <>
constexpr napi_typedarray_type kArrayType<int16_t> = napi_int16_array;
template <>
constexpr napi_typedarray_type kArrayType<int32_t> = napi_int32_array;
template <>
constexpr napi_typedarray_type kArrayType<float> = napi_float32_array;
template <>
constexpr napi_typedarray_type kArrayType<double> = napi_float64_array;

/// A copy of a typed array; a detached one is empty.
template <typename Element>
std::vector<Element> ArrayField(const Part& part, const char* name) {
  const Napi::Value value = part.object.Get(name);
  napi_typedarray_type type = napi_bigint64_array;
  size_t length = 0;
  void* data = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(part.env(), value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != kArrayType<Element>) {
    ThrowType(part.env(), part.Name(name) + " must be a typed array of another type than it is");
  }
  std::vector<Element> elements(data == nullptr ? 0 : length);
  if (!elements.empty()) std::memcpy(elements.data(), data, elements.size() * sizeof(Element));
  return elements;
}

/// As above, of a length that is known.
template <typename Element>
std::vector<Element> ArrayField(const Part& part, const char* name, size_t length) {
  std::vector<Element> elements = ArrayField<Element>(part, name);
  if (elements.size() == length) return elements;
  ThrowRange(part.env(), part.Name(name) + " must have " + std::to_string(length) + " elements but has " +
                             std::to_string(elements.size()));
}

template <typename Element>
void CheckElements(const Part& part, const char* name, const std::vector<Element>& elements, Element min,
                   Element max) {
  for (const Element element : elements) {
    // Also false for NaN.
    if (element >= min && element <= max) continue;
    ThrowRange(part.env(), part.Name(name) + " must hold numbers from " + std::to_string(min) + " to " +
                               std::to_string(max) + " but holds " + std::to_string(element));
  }
}

Rect RectField(const Part& plan, const char* name, int32_t min) {
  const Part part = PartField(plan, name);
  return {IntegerField(part, "x", min, kMaxSide), IntegerField(part, "y", min, kMaxSide),
          IntegerField(part, "width", 1, kMaxSide), IntegerField(part, "height", 1, kMaxSide)};
}

/// One axis of the plan: what of the source is resampled to what, and the range of it that the target shows.
struct Axis {
  int32_t cut;
  int32_t place;
  int32_t from;
  int32_t count;
};

Axis AxisOf(const Part& plan, int32_t cut, int32_t place, int32_t at, int32_t target) {
  const int32_t from = std::max(0, at) - at;
  const int32_t count = std::min(target, at + place) - std::max(0, at);
  if (count < 1) ThrowRange(plan.env(), "place lies outside the target");
  return {cut, place, from, count};
}

size_t Count(const Axis& axis) { return static_cast<size_t>(axis.count); }

int64_t ReadStep(const Part& part, const char* name, const Axis& axis) {
  const int64_t step = static_cast<int64_t>(NumberField(part, name, 0, std::ldexp(1.0, 44)));
  const int64_t last = axis.from + axis.count - 1;
  if (last > 0 && step > ((int64_t{axis.cut} << 14) - 1) / last) {
    ThrowRange(part.env(), part.Name(name) + " leads out of the cut");
  }
  return step;
}

SdkResample ReadSdk(const Part& part, const Axis& x, const Axis& y) {
  return {ReadStep(part, "stepX", x), ReadStep(part, "stepY", y)};
}

Taps ReadTaps(const Part& resample, const char* name, const Axis& axis) {
  const Part part = PartField(resample, name);
  Taps taps;
  taps.first = ArrayField<int32_t>(part, "first", Count(axis));
  taps.start = ArrayField<int32_t>(part, "start", Count(axis) + 1);
  taps.weights = ArrayField<float>(part, "weights");
  CheckElements(part, "first", taps.first, 0, axis.cut - 1);
  CheckElements(part, "weights", taps.weights, 0.0f, 2.0f);
  if (taps.start.front() != 0 || static_cast<size_t>(taps.start.back()) != taps.weights.size()) {
    ThrowRange(part.env(), part.Name("start") + " must begin at 0 and end with the weights");
  }
  for (size_t i = 0; i < taps.first.size(); i++) {
    const int64_t taken = int64_t{taps.start[i + 1]} - taps.start[i];
    if (taken < 1 || taps.first[i] + taken > axis.cut) {
      ThrowRange(part.env(), part.Name("start") + ": taps of pixel " + std::to_string(i) + " leave the cut");
    }
  }
  return taps;
}

int32_t ReadBlock(const Part& part, const char* name, const Axis& axis) {
  return IntegerField(part, name, 1, axis.cut / (axis.from + axis.count));
}

AreaBlocksResample ReadAreaBlocks(const Part& part, const Axis& x, const Axis& y) {
  return {ReadBlock(part, "blockX", x), ReadBlock(part, "blockY", y)};
}

LinearTaps ReadLinearTaps(const Part& resample, const char* name, const Axis& axis) {
  const Part part = PartField(resample, name);
  LinearTaps taps;
  taps.first = ArrayField<int32_t>(part, "first", Count(axis));
  taps.weights = ArrayField<int16_t>(part, "weights", Count(axis) * 2);
  CheckElements(part, "first", taps.first, 0, axis.cut - 1);
  CheckElements(part, "weights", taps.weights, int16_t{0}, int16_t{2048});
  return taps;
}

std::vector<int32_t> ReadIndices(const Part& part, const char* name, const Axis& axis) {
  std::vector<int32_t> indices = ArrayField<int32_t>(part, name, Count(axis));
  CheckElements(part, name, indices, 0, axis.cut - 1);
  return indices;
}

/// Rows of `length` elements, with a zero before them, between them and at the end.
std::vector<int16_t> BetweenZeros(const std::vector<int16_t>& rows, size_t length) {
  std::vector<int16_t> apart(1 + rows.size() / length * (length + 1));
  for (size_t i = 0; i < rows.size(); i++) apart[1 + i + i / length] = rows[i];
  return apart;
}

bool ReadBoxDivision(const Part& part) {
  const std::string name = StringField(part, "boxDivision");
  if (name == "reciprocal") return true;
  if (name == "exact") return false;
  ThrowType(part.env(), part.Name("boxDivision") + ": unknown value '" + name + "'");
}

/// @param count positions that it must give
VipsReduction ReadReduction(const Part& resample, const char* name, int32_t size, size_t count) {
  const Part part = PartField(resample, name);
  VipsReduction reduction;
  reduction.box = IntegerField(part, "box", 1, size);
  reduction.reciprocal = ReadBoxDivision(part);
  reduction.taps = IntegerField(part, "taps", 1, 255);
  reduction.bits = IntegerField(part, "bits", 6, 12);
  reduction.first = ArrayField<int32_t>(part, "first", count);
  reduction.phase = ArrayField<uint8_t>(part, "phase", count);
  const size_t taps = static_cast<size_t>(reduction.taps);
  reduction.weights = BetweenZeros(ArrayField<int16_t>(part, "weights", taps * 65), taps);
  CheckElements(part, "first", reduction.first, -kMaxSide, kMaxSide);
  CheckElements(part, "phase", reduction.phase, uint8_t{0}, uint8_t{64});
  // Positions in order, so that a row is not needed again once it was passed.
  if (!std::is_sorted(reduction.first.begin(), reduction.first.end())) {
    ThrowRange(part.env(), part.Name("first") + " must not fall");
  }
  return reduction;
}

CubicTaps ReadCubicTaps(const Part& enlargement, const char* name, const Axis& axis) {
  const Part part = PartField(enlargement, name);
  CubicTaps taps;
  taps.first = ArrayField<int32_t>(part, "first", Count(axis));
  taps.weights = ArrayField<int16_t>(part, "weights", Count(axis) * 4);
  CheckElements(part, "first", taps.first, -kMaxSide, kMaxSide);
  CheckElements(part, "weights", taps.weights, int16_t{-4096}, int16_t{8192});
  if (!std::is_sorted(taps.first.begin(), taps.first.end())) {
    ThrowRange(part.env(), part.Name("first") + " must not fall");
  }
  return taps;
}

/// What an axis has after its reduction, if there is one.
size_t ReducedSize(const Part& resample, const char* name, const Axis& axis, bool enlarged) {
  if (!enlarged) return Count(axis);
  const Part part = PartField(resample, name);
  const size_t size = ArrayField<int32_t>(part, "first").size();
  if (size >= 1 && size <= static_cast<size_t>(axis.cut)) return size;
  ThrowRange(part.env(), part.Name("first") + " must have from 1 to " + std::to_string(axis.cut) + " elements");
}

std::optional<VipsReduction> ReductionField(const Part& part, const char* name, const Axis& axis, bool enlarged) {
  if (!HasField(part, name)) {
    if (enlarged || axis.place == axis.cut) return std::nullopt;
    ThrowRange(part.env(), part.Name(name) + " is missing: the sizes differ");
  }
  return ReadReduction(part, name, axis.cut, ReducedSize(part, name, axis, enlarged));
}

VipsResample ReadVips(const Part& part, const Axis& x, const Axis& y) {
  VipsResample resample;
  const bool enlarged = HasField(part, "enlargement");
  resample.rows = ReductionField(part, "rows", y, enlarged);
  resample.columns = ReductionField(part, "columns", x, enlarged);
  if (enlarged) {
    const Part enlargement = PartField(part, "enlargement");
    resample.enlargement = {ReadCubicTaps(enlargement, "columns", x), ReadCubicTaps(enlargement, "rows", y)};
  }
  return resample;
}

Resample ReadResample(const Part& plan, const Axis& x, const Axis& y) {
  const Part part = PartField(plan, "resample");
  const std::string kind = StringField(part, "kind");
  if (kind == "copy") {
    if (x.cut == x.place && y.cut == y.place) return CopyResample{};
    ThrowRange(part.env(), "resample: copy needs a crop of the size of place");
  }
  if (kind == "vips") return ReadVips(part, x, y);
  if (kind == "sdk") return ReadSdk(part, x, y);
  if (kind == "area") return AreaResample{ReadTaps(part, "x", x), ReadTaps(part, "y", y)};
  if (kind == "triangle") return TriangleResample{ReadTaps(part, "x", x), ReadTaps(part, "y", y)};
  if (kind == "area-blocks") return ReadAreaBlocks(part, x, y);
  if (kind == "area-linear") return AreaLinearResample{ReadLinearTaps(part, "x", x), ReadLinearTaps(part, "y", y)};
  if (kind == "nearest") return NearestResample{ReadIndices(part, "columns", x), ReadIndices(part, "rows", y)};
  ThrowType(part.env(), "resample.kind: unknown value '" + kind + "'");
}

bool ReadPrecision(const Part& part) {
  const std::string name = StringField(part, "precision");
  if (name == "float64") return true;
  if (name == "float32") return false;
  ThrowType(part.env(), part.Name("precision") + ": unknown value '" + name + "'");
}

std::unique_ptr<const LinearGray> ReadLinearGray(const Part& plan) {
  if (!HasField(plan, "linearGray")) return nullptr;
  const Part part = PartField(plan, "linearGray");
  const auto light = ArrayField<float>(part, "light", 256);
  const auto shares = ArrayField<double>(part, "shares", 3);
  const auto bytes = ArrayField<uint8_t>(part, "bytes", 257);
  CheckElements(part, "light", light, 0.0f, 1.0f);
  CheckElements(part, "shares", shares, 0.0, 1.0);
  auto gray = std::make_unique<LinearGray>();
  std::copy(light.begin(), light.end(), gray->light);
  std::copy(shares.begin(), shares.end(), gray->shares);
  gray->precise = ReadPrecision(part);
  std::copy(bytes.begin(), bytes.end(), gray->bytes);
  return gray;
}

/// Marks objects that carry the plan that was read of them.
constexpr napi_type_tag kPlanTag = {0x6b0c8f1d23a94e57, 0x91d4b7c05ae2f386};

using SharedPlan = std::shared_ptr<const ResizePlan>;

void DeletePlan(napi_env, void* shared, void*) { delete static_cast<SharedPlan*>(shared); }

bool IsOk(Napi::Env env, napi_status status) {
  if (status == napi_ok) return true;
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
  }
  return false;
}

SharedPlan* KnownPlan(Napi::Object plan) {
  const Napi::Env env = plan.Env();
  bool known = false;
  void* shared = nullptr;
  if (!IsOk(env, napi_check_object_type_tag(env, plan, &kPlanTag, &known)) || !known) return nullptr;
  return IsOk(env, napi_unwrap(env, plan, &shared)) ? static_cast<SharedPlan*>(shared) : nullptr;
}

/// An object that takes no more properties is read anew each time.
void Remember(Napi::Object plan, const SharedPlan& shared) {
  const Napi::Env env = plan.Env();
  auto kept = std::make_unique<SharedPlan>(shared);
  if (!IsOk(env, napi_wrap(env, plan, kept.get(), DeletePlan, nullptr, nullptr))) return;
  // Only what is ours gets the tag, so that the tag says that it is ours.
  if (IsOk(env, napi_type_tag_object(env, plan, &kPlanTag))) {
    kept.release();
    return;
  }
  void* wrapped = nullptr;
  if (!IsOk(env, napi_remove_wrap(env, plan, &wrapped))) kept.release();
}

}  // namespace

std::unique_ptr<const ResizePlan> ResizePlanFromJs(Napi::Object object) {
  const Part part = {object, ""};
  auto plan = std::make_unique<ResizePlan>();
  plan->source_width = IntegerField(part, "sourceWidth", 1, kMaxSide);
  plan->source_height = IntegerField(part, "sourceHeight", 1, kMaxSide);
  plan->width = IntegerField(part, "width", 1, kMaxTargetSide);
  plan->height = IntegerField(part, "height", 1, kMaxTargetSide);
  if (plan->OutBytes() > kMaxTargetPixels * 3) ThrowRange(part.env(), "width x height is too large");
  const Rect crop = plan->crop = RectField(part, "crop", 0);
  if (crop.width > plan->source_width - crop.x || crop.height > plan->source_height - crop.y) {
    ThrowRange(part.env(), "crop leaves the source");
  }
  const Rect place = plan->place = RectField(part, "place", -kMaxSide);
  const Axis x = AxisOf(part, crop.width, place.width, place.x, plan->width);
  const Axis y = AxisOf(part, crop.height, place.height, place.y, plan->height);
  plan->resample = ReadResample(part, x, y);
  plan->linear_gray = ReadLinearGray(part);
  if (std::holds_alternative<VipsResample>(plan->resample) &&
      (crop.width != plan->source_width || crop.height != plan->source_height)) {
    ThrowRange(part.env(), "crop must be the whole source");
  }
  return plan;
}

std::shared_ptr<const ResizePlan> ResizePlanOf(Napi::Object plan) {
  if (const SharedPlan* known = KnownPlan(plan)) return *known;
  SharedPlan shared = ResizePlanFromJs(plan);
  Remember(plan, shared);
  return shared;
}

}  // namespace impulse
