#include "session.h"

#include <string>
#include <utility>

#include "pack_pixels_binding.h"
#include "run_task.h"

namespace impulse {
namespace {

constexpr napi_type_tag kSessionTag = {0x6d1f0c6d8f1e4a57, 0x9b2c33f2a4d05e18};

/// Ends the session's thread.
class CloseTask : public Task {
 public:
  CloseTask(Napi::Env env, std::shared_ptr<SessionState> session) : Task(env), session_(std::move(session)) {}

  void Execute() override { session_->interpreter.reset(); }
  bool IsLast() const override { return true; }

 protected:
  Napi::Value Result(Napi::Env env) override { return env.Undefined(); }
  void End(Napi::Env env) override { Environment::Of(env).EndSession(session_); }

 private:
  const std::shared_ptr<SessionState> session_;
};

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

/// The memory of a typed array, valid until JavaScript runs again.
Bytes BytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "an input must be a typed array or pixels");
  const Napi::TypedArray array = value.As<Napi::TypedArray>();
  void* data = nullptr;
  NAPI_THROW_IF_FAILED(value.Env(),
                       napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr), {});
  return {static_cast<const uint8_t*>(data), array.ByteLength()};
}

void CheckSize(Napi::Env env, size_t index, const char* what, size_t size, size_t expected) {
  if (size == expected) return;
  throw Napi::RangeError::New(env, "input " + std::to_string(index) + ": " + what + " of " +
                                       std::to_string(size) + " bytes where " + std::to_string(expected) +
                                       " are needed");
}

}  // namespace

Napi::Function Session::DefineClass(Napi::Env env) {
  return ObjectWrap::DefineClass(
      env, "NativeSession", {InstanceMethod<&Session::Run>("run"), InstanceMethod<&Session::Close>("close")});
}

Napi::Object Session::Create(Napi::Env env, std::shared_ptr<SessionState> state) {
  const Napi::Object object = Environment::Of(env).session_class.New({});
  Session* session = Unwrap(object);
  session->plans_.resize(state->interpreter->inputs().size());
  session->state_ = std::move(state);
  object.TypeTag(&kSessionTag);
  return object;
}

Session::Session(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

Session::~Session() {
  if (state_ != nullptr && !closed_) Environment::Of(Env()).EndSession(state_);
}

/// A method of ours called on another object must not take that for a session.
void Session::CheckThis(const Napi::CallbackInfo& info) const {
  if (!info.This().As<Napi::Object>().CheckTypeTag(&kSessionTag)) {
    throw Napi::TypeError::New(info.Env(), "this is not an open session");
  }
}

Napi::Value Session::Run(const Napi::CallbackInfo& info) {
  CheckThis(info);
  const Napi::Env env = info.Env();
  const size_t count = plans_.size();
  if (closed_) throw Napi::Error::New(env, "the session is closed");
  if (!info[0].IsArray() || info[0].As<Napi::Array>().Length() != count) {
    throw Napi::TypeError::New(env, "expected an array of " + std::to_string(count) + " inputs");
  }
  const Napi::Array inputs = info[0].As<Napi::Array>();
  std::unique_ptr<RunBuffers> buffers = state_->TakeBuffers();
  buffers->inputs.resize(count);
  const Napi::Array keep = Napi::Array::New(env);
  keep.Set(0u, info.This());
  ReadOutputs(info, *buffers, keep);
  for (uint32_t i = 0; i < count; i++) ReadInput(inputs.Get(i), i, buffers->inputs[i], keep);
  return Environment::Of(env).Submit(*state_, std::make_unique<RunTask>(env, state_, std::move(buffers), keep));
}

Napi::Value Session::Close(const Napi::CallbackInfo& info) {
  CheckThis(info);
  const Napi::Env env = info.Env();
  if (closed_) throw Napi::Error::New(env, "the session is closed");
  closed_ = true;
  plans_.clear();
  Environment& environment = Environment::Of(env);
  environment.RefuseQueued(*state_, "the session was closed before this run began");
  return environment.Submit(*state_, std::make_unique<CloseTask>(env, state_));
}

/// Pixels are used where they lie: copying a picture costs as much as all else on JavaScript's thread together.
void Session::ReadInput(Napi::Value value, uint32_t index, RunInput& input, Napi::Array keep) {
  const Napi::Env env = value.Env();
  const size_t tensor_size = state_->interpreter->inputs()[index].bytes;
  if (value.IsObject() && !value.IsTypedArray()) {
    const Napi::Object object = value.As<Napi::Object>();
    const Napi::Value packing = object.Get("packing");
    if (!packing.IsObject()) throw Napi::TypeError::New(env, "pixels need a packing plan");
    input.plan = PlanOf(packing.As<Napi::Object>(), index);
    CheckSize(env, index, "a packing plan", input.plan->OutputBytes(), tensor_size);
    const Napi::Value pixels = object.Get("pixels");
    const Bytes bytes = BytesOf(pixels);
    CheckSize(env, index, "pixels", bytes.size, input.plan->PixelBytes());
    input.pixels = bytes.data;
    keep.Set(keep.Length(), pixels);
  } else {
    input.plan.reset();
    const Bytes bytes = BytesOf(value);
    CheckSize(env, index, "an array", bytes.size, tensor_size);
    input.elements.assign(bytes.data, bytes.data + bytes.size);
  }
}

std::shared_ptr<const PackingPlan> Session::PlanOf(Napi::Object packing, size_t index) {
  PlanCache& cache = plans_[index];
  if (cache.plan == nullptr || !cache.packing.Value().StrictEquals(packing)) {
    cache.plan = std::make_shared<const PackingPlan>(PackingPlanFromJs(packing));
    cache.packing = Napi::Persistent(packing);
  }
  return cache.plan;
}

/// The caller's ArrayBuffers, one for each output, which the session's thread fills.
void Session::ReadOutputs(const Napi::CallbackInfo& info, RunBuffers& buffers, Napi::Array keep) {
  const Napi::Env env = info.Env();
  const size_t count = state_->interpreter->outputs().size();
  if (!info[1].IsArray() || info[1].As<Napi::Array>().Length() != count) {
    throw Napi::TypeError::New(env, "expected an array of " + std::to_string(count) + " output buffers");
  }
  const Napi::Array given = info[1].As<Napi::Array>();
  buffers.outputs.resize(count);
  for (uint32_t i = 0; i < count; i++) {
    const Napi::Value value = given.Get(i);
    if (!value.IsArrayBuffer()) throw Napi::TypeError::New(env, "an output buffer must be an ArrayBuffer");
    Napi::ArrayBuffer buffer = value.As<Napi::ArrayBuffer>();
    buffers.outputs[i].data = static_cast<uint8_t*>(buffer.Data());
    buffers.outputs[i].size = buffer.ByteLength();
    keep.Set(i + 1, buffer);
  }
}

}  // namespace impulse
