#include "resize_binding.h"

#ifndef NAPI_CPP_EXCEPTIONS
#error "resize_binding.cc throws Napi::Error: compile with -DNAPI_CPP_EXCEPTIONS -fexceptions"
#endif

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "frame_rows_binding.h"
#include "pack_pixels.h"
#include "pack_pixels_binding.h"
#include "pool_work.h"
#include "resize.h"
#include "resize_plan_from_js.h"
#include "task.h"

namespace impulse {
namespace {

/// Arguments that fit each other.
struct Request {
  std::shared_ptr<const ResizePlan> plan;
  FrameView frame;
  uint8_t* out;
};

[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message) {
  throw Napi::RangeError::New(env, "resizeFrame: " + message);
}

/// The bytes of a Uint8Array; a detached one has none.
std::pair<uint8_t*, size_t> BytesOf(Napi::Env env, const Napi::Value& value, const char* name) {
  napi_typedarray_type type = napi_bigint64_array;
  size_t length = 0;
  void* data = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Napi::TypeError::New(env, std::string("resizeFrame: ") + name + " must be a Uint8Array");
  }
  return {static_cast<uint8_t*>(data), length};
}

Request ReadRequest(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if ((info.Length() != 3 && info.Length() != 5) || !info[0].IsObject() || !info[1].IsObject()) {
    throw Napi::TypeError::New(env, "resizeFrame: expected (frame, plan, out)");
  }
  // The frame's bytes after the plan: reading it may run getters of the caller's objects.
  std::shared_ptr<const ResizePlan> plan = ResizePlanOf(info[1].As<Napi::Object>());
  const FrameView frame = FrameViewFromJs(info[0].As<Napi::Object>());
  if (frame.width != plan->source_width || frame.height != plan->source_height) {
    ThrowRange(env, "the frame is " + std::to_string(frame.width) + "x" + std::to_string(frame.height) +
                        " but the plan is for " + std::to_string(plan->source_width) + "x" +
                        std::to_string(plan->source_height));
  }
  const auto [out, length] = BytesOf(env, info[2], "out");
  if (length != plan->OutBytes()) {
    ThrowRange(env, "out must have " + std::to_string(plan->OutBytes()) + " bytes but has " + std::to_string(length));
  }
  if (out < frame.data + frame.length && frame.data < out + length) {
    ThrowRange(env, "out and the frame must not share memory");
  }
  return {std::move(plan), frame, out};
}

/// What the resized pixels become in the same go.
struct Packed {
  PackingPlan plan;
  void* elements;
};

std::optional<PackingPlan> ReadPacking(const Napi::CallbackInfo& info) {
  if (info.Length() < 5) return std::nullopt;
  if (info[3].IsObject()) return PackingPlanFromJs(info[3].As<Napi::Object>());
  throw Napi::TypeError::New(info.Env(), "resizeFrame: packing must be an object");
}

Packed WithElements(Napi::Env env, PackingPlan plan, const ResizePlan& resize, const Napi::Value& elements) {
  if (plan.width != resize.width || plan.height != resize.height) {
    ThrowRange(env, "the packing plan is of another size than the resize plan");
  }
  void* memory = PackedElements(env, elements, plan);
  return {std::move(plan), memory};
}

class ResizeTask : public Task {
 public:
  /// @param keep the arrays whose memory is used: the frame's, the pixels', the elements'
  ResizeTask(Napi::Env env, Request request, std::optional<Packed> packed, Napi::Array keep)
      : Task(env), request_(std::move(request)), packed_(std::move(packed)), keep_(Napi::Persistent(keep)) {}

  void Execute() override {
    ResizeScratch& scratch = ThreadScratch();
    Resize(*request_.plan, request_.frame, scratch, request_.out);
    scratch.Trim();
    if (packed_) PackPixels(packed_->plan, request_.out, packed_->elements);
  }

 protected:
  Napi::Value Result(Napi::Env) override { return keep_.Value().Get(1u); }

 private:
  const Request request_;
  const std::optional<Packed> packed_;
  const Napi::Reference<Napi::Array> keep_;
};

}  // namespace

Napi::Value ResizeFrameSync(const Napi::CallbackInfo& info) {
  const Request request = ReadRequest(info);
  ResizeScratch& scratch = ThreadScratch();
  try {
    Resize(*request.plan, request.frame, scratch, request.out);
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "resizeFrame: not enough memory");
  }
  scratch.Trim();
  return info[2];
}

Napi::Value ResizeFrameAsync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  // Before any pointer is taken: reading it may run getters of the caller's object.
  std::optional<PackingPlan> packing = ReadPacking(info);
  Request request = ReadRequest(info);
  const Napi::Value data = info[0].As<Napi::Object>().Get("data");
  if (BytesOf(env, data, "frame.data").first != request.frame.data) ThrowRange(env, "the frame changes while it is read");
  std::optional<Packed> packed;
  if (packing) packed = WithElements(env, std::move(*packing), *request.plan, info[4]);
  const Napi::Array keep = Napi::Array::New(env, 3);
  keep.Set(0u, data);
  keep.Set(1u, info[2]);
  keep.Set(2u, info[4]);
  auto task = std::make_unique<ResizeTask>(env, std::move(request), std::move(packed), keep);
  return RunOnPool(env, std::move(task));
}

}  // namespace impulse
