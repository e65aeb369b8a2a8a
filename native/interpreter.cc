#include "interpreter.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "stand_in.h"

namespace impulse {
namespace {

constexpr std::align_val_t kModelAlignment{64};
/// Vector kernels may read a little beyond the last weight.
constexpr size_t kModelPadding = 64;

struct OptionsDeleter {
  const tflite::Api* api;
  void operator()(tflite::Options* options) const { api->OptionsDelete(options); }
};

}  // namespace

ModelBytes::ModelBytes(const uint8_t* data, size_t size)
    : data_(static_cast<uint8_t*>(::operator new(size + kModelPadding, kModelAlignment))), size_(size) {
  if (size > 0) std::memcpy(data_.get(), data, size);
  std::memset(data_.get() + size, 0, kModelPadding);
}

void ModelBytes::Deleter::operator()(uint8_t* data) const { ::operator delete(data, kModelAlignment); }

Interpreter::Interpreter(ModelBytes bytes, const Library& library)
    : library_(library), bytes_(std::move(bytes)), delegate_(nullptr, DelegateDeleter{&library}) {}

Interpreter::~Interpreter() {
  CloseInterpreter();
  if (model_ != nullptr) api().ModelDelete(model_);
}

std::unique_ptr<Interpreter> Interpreter::Open(ModelBytes model, const InterpreterOptions& options) {
  std::unique_ptr<Interpreter> self(new Interpreter(std::move(model), *options.library));
  self->OpenModel();
  if (options.delegate) {
    self->external_ = std::make_unique<ExternalDelegate>(*options.delegate, *options.library, self->log_);
  }
  for (const Kernels& kernels : options.kernels) {
    if (self->Try(kernels, options.threads)) return self;
  }
  throw std::runtime_error(self->failures_.empty() ? "no kernels were asked for" : self->failures_.back());
}

void Interpreter::OpenModel() {
  model_ = api().ModelCreate(bytes_.data(), bytes_.size());
  if (model_ == nullptr) throw std::runtime_error("the library does not accept the file as a model");
}

bool Interpreter::Try(const Kernels& kernels, int threads) {
  for (;;) {
    try {
      OpenInterpreter(kernels, threads);
      ReadFacts();
      log_.Clear();
      return true;
    } catch (const std::runtime_error& error) {
      CloseInterpreter();
      if (StandInFor(error.what())) continue;
      failures_.emplace_back(error.what());
      return false;
    }
  }
}

void Interpreter::OpenInterpreter(const Kernels& kernels, int threads) {
  const std::unique_ptr<tflite::Options, OptionsDeleter> options(api().OptionsCreate(), OptionsDeleter{&api()});
  api().OptionsSetNumThreads(options.get(), threads);
  api().OptionsSetErrorReporter(options.get(), ErrorLog::Report, &log_);
  for (const std::string& name : stand_ins_) {
    const tflite::Registration registration = StandIn(name);
    api().OptionsAddCustomOp(options.get(), name.c_str(), &registration, 1, 1);
  }
  // In this order: kernels get what the other leaves.
  if (external_ != nullptr) api().OptionsAddDelegate(options.get(), external_->get());
  if (kernels.xnnpack) {
    delegate_ = CreateXnnpackDelegate(library_, threads, kernels.quantized);
    api().OptionsAddDelegate(options.get(), delegate_.get());
  }
  CreateInterpreter(options.get());
  if (interpreter_ == nullptr) throw std::runtime_error(log_.Take("the library could not build an interpreter"));
  if (api().AllocateTensors(interpreter_) != tflite::kOk) {
    throw std::runtime_error(log_.Take("the library could not prepare the model's tensors"));
  }
}

void Interpreter::CreateInterpreter(const tflite::Options* options) {
  const auto create = [&] { interpreter_ = api().InterpreterCreate(model_, options); };
  if (external_ == nullptr) {
    create();
    return;
  }
  share_ = external_->Watch(create);
  // Nobody has what stands there.
  const bool left = interpreter_ != nullptr && share_ && !share_->unresolved.empty();
  if (left) throw std::runtime_error(UnresolvedWords(share_->unresolved));
}

/// Whether it is worth another try: a custom operator was missing, which the delegate may have.
bool Interpreter::StandInFor(const std::string& failure) {
  if (external_ == nullptr || api().OptionsAddCustomOp == nullptr) return false;
  const std::optional<std::string> name = UnresolvedOperator(failure);
  if (!name || std::find(stand_ins_.begin(), stand_ins_.end(), *name) != stand_ins_.end()) return false;
  stand_ins_.push_back(*name);
  return true;
}

void Interpreter::CloseInterpreter() {
  if (interpreter_ != nullptr) api().InterpreterDelete(interpreter_);
  interpreter_ = nullptr;
  delegate_.reset();
}

void Interpreter::ReadFacts() {
  const int32_t input_count = api().InputTensorCount(interpreter_);
  const int32_t output_count = api().OutputTensorCount(interpreter_);
  for (int32_t i = 0; i < input_count; i++) inputs_.push_back(FactsOf(api().InputTensor(interpreter_, i)));
  for (int32_t i = 0; i < output_count; i++) {
    const tflite::Tensor* tensor = api().OutputTensor(interpreter_, i);
    TensorFacts facts = FactsOf(tensor);
    // Only what a run decides has no memory yet; the file's shape of it, if any, is a guess.
    if (api().TensorData(tensor) == nullptr) facts.shape.assign(facts.shape.empty() ? 1 : facts.shape.size(), -1);
    outputs_.push_back(std::move(facts));
  }
}

TensorFacts Interpreter::FactsOf(const tflite::Tensor* tensor) const {
  const char* name = api().TensorName(tensor);
  return {name != nullptr ? name : "", api().TensorType(tensor), ShapeOf(api(), tensor),
          api().TensorByteSize(tensor), api().TensorQuantizationParams(tensor)};
}

void* Interpreter::InputData(size_t index) {
  return api().TensorData(api().InputTensor(interpreter_, static_cast<int32_t>(index)));
}

void Interpreter::Invoke() {
  if (api().Invoke(interpreter_) == tflite::kOk) return;
  throw std::runtime_error(log_.Take("the library gives no reason"));
}

const tflite::Tensor* Interpreter::Output(size_t index) const {
  return api().OutputTensor(interpreter_, static_cast<int32_t>(index));
}

std::vector<int32_t> ShapeOf(const tflite::Api& api, const tflite::Tensor* tensor) {
  std::vector<int32_t> shape(static_cast<size_t>(std::max(0, api.TensorNumDims(tensor))));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = api.TensorDim(tensor, static_cast<int32_t>(i));
  return shape;
}

}  // namespace impulse
