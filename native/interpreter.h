// One model in the library, ready to run. Knows nothing of JavaScript; only one thread may use it at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "delegate.h"
#include "error_log.h"
#include "external_delegate.h"
#include "library.h"

namespace impulse {

/// Bytes of a model file, aligned as the library's kernels want their weights.
class ModelBytes {
 public:
  ModelBytes(const uint8_t* data, size_t size);

  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Deleter {
    void operator()(uint8_t* data) const;
  };
  std::unique_ptr<uint8_t, Deleter> data_;
  size_t size_;
};

/// Which kernels to use.
struct Kernels {
  bool xnnpack = false;
  /// Set of tflite::XnnpackFlags.
  uint32_t quantized = 0;
};

struct InterpreterOptions {
  const Library* library = nullptr;
  int threads = 1;
  /// Tried in order, until one works.
  std::vector<Kernels> kernels;
  /// Takes what it can; the kernels have the rest.
  std::optional<ExternalDelegateOptions> delegate;
};

struct TensorFacts {
  std::string name;
  tflite::Type type;
  /// A dimension of -1 is not known before the first run.
  std::vector<int32_t> shape;
  size_t bytes;
  tflite::QuantizationParams quantization;
};

class Interpreter {
 public:
  /// Takes tens of milliseconds for large models. Throws std::runtime_error with the library's own words, and
  /// DelegateError if the external delegate can't be had.
  static std::unique_ptr<Interpreter> Open(ModelBytes model, const InterpreterOptions& options);

  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  const std::vector<TensorFacts>& inputs() const { return inputs_; }
  /// As they were before the first run.
  const std::vector<TensorFacts>& outputs() const { return outputs_; }
  /// Index of the entry of `InterpreterOptions::kernels` that worked.
  size_t kernels() const { return failures_.size(); }
  /// Why each entry before that one did not.
  const std::vector<std::string>& failures() const { return failures_; }
  /// Of the external delegate, where there is one that lets itself be watched.
  const std::optional<Share>& share() const { return share_; }

  /// Memory of an input tensor: `inputs()[index].bytes` bytes.
  void* InputData(size_t index);
  /// Throws std::runtime_error with the library's own words.
  void Invoke();
  /// The tensor as the last run left it, valid until the next one.
  const tflite::Tensor* Output(size_t index) const;
  const tflite::Api& api() const { return library_.api; }

 private:
  Interpreter(ModelBytes bytes, const Library& library);

  void OpenModel();
  /// Whether these kernels work; if not, why is added to the failures.
  bool Try(const Kernels& kernels, int threads);
  void OpenInterpreter(const Kernels& kernels, int threads);
  void CreateInterpreter(const tflite::Options* options);
  bool StandInFor(const std::string& failure);
  void CloseInterpreter();
  void ReadFacts();
  TensorFacts FactsOf(const tflite::Tensor* tensor) const;

  const Library& library_;
  ModelBytes bytes_;
  ErrorLog log_;
  tflite::Model* model_ = nullptr;
  std::unique_ptr<ExternalDelegate> external_;
  DelegatePtr delegate_;
  tflite::Interpreter* interpreter_ = nullptr;
  std::vector<TensorFacts> inputs_;
  std::vector<TensorFacts> outputs_;
  std::vector<std::string> failures_;
  std::optional<Share> share_;
  /// Names of operators that only the delegate can have; their memory does not move.
  std::list<std::string> stand_ins_;
};

/// Dimensions of a tensor as they are now.
std::vector<int32_t> ShapeOf(const tflite::Api& api, const tflite::Tensor* tensor);

}  // namespace impulse
