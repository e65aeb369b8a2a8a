#include "run_task.h"

#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "finite.h"
#include "tensor_to_js.h"

namespace impulse {
namespace {

double Milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string DescribeNotFinite(size_t input, const std::vector<uint8_t>& bytes) {
  size_t index = 0;
  float value = 0;
  for (; (index + 1) * sizeof(float) <= bytes.size(); index++) {
    std::memcpy(&value, bytes.data() + index * sizeof(float), sizeof(float));
    if (!std::isfinite(value)) break;
  }
  const char* name = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  return "element " + std::to_string(index) + " of input " + std::to_string(input) + " is " + name;
}

}  // namespace

RunTask::RunTask(Napi::Env env, std::shared_ptr<SessionState> session, std::unique_ptr<RunBuffers> buffers,
                 Napi::Array keep)
    : Task(env),
      session_(std::move(session)),
      buffers_(std::move(buffers)),
      keep_(Napi::Reference<Napi::Array>::New(keep, 1)) {}

RunTask::~RunTask() { session_->Recycle(std::move(buffers_)); }

void RunTask::Execute() {
  begun_ = Clock::now();
  if (!FillInputs()) return;
  filled_ = Clock::now();
  session_->interpreter->Invoke();
  invoked_ = Clock::now();
  TakeOutputs();
}

bool RunTask::FillInputs() {
  Interpreter& interpreter = *session_->interpreter;
  for (size_t i = 0; i < buffers_->inputs.size(); i++) {
    const RunInput& input = buffers_->inputs[i];
    auto* tensor = static_cast<uint8_t*>(interpreter.InputData(i));
    const std::vector<uint8_t>& elements = input.elements;
    if (input.plan != nullptr) {
      PackPixels(*input.plan, input.pixels, tensor);
    } else if (elements.empty()) {
      continue;
    } else if (interpreter.inputs()[i].type != tflite::Type::kFloat32) {
      std::memcpy(tensor, elements.data(), elements.size());
    } else if (!CopyFinite(elements.data(), elements.size(), tensor)) {
      Fail("not-finite", DescribeNotFinite(i, elements));
      return false;
    }
  }
  return true;
}

void RunTask::TakeOutputs() {
  const Interpreter& interpreter = *session_->interpreter;
  for (size_t i = 0; i < buffers_->outputs.size(); i++) {
    RunOutput& output = buffers_->outputs[i];
    const tflite::Tensor* tensor = interpreter.Output(i);
    const auto* data = static_cast<const uint8_t*>(interpreter.api().TensorData(tensor));
    const size_t size = data == nullptr ? 0 : interpreter.api().TensorByteSize(tensor);
    output.shape = ShapeOf(interpreter.api(), tensor);
    output.reshaped = output.shape != interpreter.outputs()[i].shape;
    output.resized = size != output.size;
    if (output.resized) {
      output.spill.assign(data, data + size);
    } else if (size > 0) {
      std::memcpy(output.data, data, size);
    }
  }
}

Napi::Value RunTask::Result(Napi::Env env) {
  const Napi::Array outputs = Napi::Array::New(env, buffers_->outputs.size());
  for (uint32_t i = 0; i < buffers_->outputs.size(); i++) outputs.Set(i, OutputToJs(env, i));
  const Napi::Object result = Napi::Object::New(env);
  result.Set("outputs", outputs);
  result.Set("queueMs", Milliseconds(begun_ - queued_));
  result.Set("tensorMs", Milliseconds(filled_ - begun_));
  result.Set("inferenceMs", Milliseconds(invoked_ - filled_));
  return result;
}

Napi::Object RunTask::OutputToJs(Napi::Env env, uint32_t index) const {
  const RunOutput& output = buffers_->outputs[index];
  const Napi::Object tensor = Napi::Object::New(env);
  if (output.resized) {
    Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, output.spill.size());
    if (!output.spill.empty()) std::memcpy(copy.Data(), output.spill.data(), output.spill.size());
    tensor.Set("data", copy);
  } else {
    tensor.Set("data", keep_.Value().Get(index + 1));
  }
  if (output.reshaped) tensor.Set("shape", ShapeToJs(env, output.shape));
  return tensor;
}

}  // namespace impulse
