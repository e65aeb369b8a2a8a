// The part of the TensorFlow Lite C API that we call, as types and function pointers of our own: the library
// is opened at run time, so nothing of it is needed to compile.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>

namespace impulse::tflite {

struct Model;
struct Options;
struct Interpreter;
struct Delegate;
struct Tensor;

using Status = int;
constexpr Status kOk = 0;

/// Element types by the numbers that the library gives them.
enum class Type : int {
  kFloat32 = 1,
  kInt32 = 2,
  kUint8 = 3,
  kInt64 = 4,
  kBool = 6,
  kInt16 = 7,
  kInt8 = 9,
  kFloat16 = 10,
};

/// Returned by value, in a register: the layout is part of the ABI. A scale of 0 means "not quantised".
struct QuantizationParams {
  float scale;
  int32_t zero_point;
};
static_assert(sizeof(QuantizationParams) == 8, "the library returns exactly eight bytes");

using ErrorReporter = void (*)(void* user_data, const char* format, va_list args);

/// Kernels that the XNNPACK delegate uses only when asked.
enum XnnpackFlags : uint32_t {
  kXnnpackQs8 = 1,  // signed 8-bit
  kXnnpackQu8 = 2,  // unsigned 8-bit
};

/// Entry points. The first group is in every library; the second may be null.
struct Api {
  const char* (*Version)();
  Model* (*ModelCreate)(const void* data, size_t size);
  void (*ModelDelete)(Model*);
  Options* (*OptionsCreate)();
  void (*OptionsDelete)(Options*);
  void (*OptionsSetNumThreads)(Options*, int32_t threads);
  void (*OptionsAddDelegate)(Options*, Delegate*);
  void (*OptionsSetErrorReporter)(Options*, ErrorReporter, void* user_data);
  Interpreter* (*InterpreterCreate)(const Model*, const Options*);
  void (*InterpreterDelete)(Interpreter*);
  int32_t (*InputTensorCount)(const Interpreter*);
  Tensor* (*InputTensor)(const Interpreter*, int32_t index);
  int32_t (*OutputTensorCount)(const Interpreter*);
  const Tensor* (*OutputTensor)(const Interpreter*, int32_t index);
  Status (*AllocateTensors)(Interpreter*);
  Status (*Invoke)(Interpreter*);
  Type (*TensorType)(const Tensor*);
  int32_t (*TensorNumDims)(const Tensor*);
  int32_t (*TensorDim)(const Tensor*, int32_t dimension);
  size_t (*TensorByteSize)(const Tensor*);
  void* (*TensorData)(const Tensor*);
  const char* (*TensorName)(const Tensor*);
  QuantizationParams (*TensorQuantizationParams)(const Tensor*);

  Delegate* (*XnnpackCreate)(const void* options);
  void (*XnnpackDelete)(Delegate*);
  /// Newer libraries only.
  int (*XnnpackGetFlags)(Delegate*);
};

}  // namespace impulse::tflite
