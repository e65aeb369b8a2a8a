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
struct Tensor;
struct Node;

using Status = int;
constexpr Status kOk = 0;
constexpr Status kError = 1;

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

/// As the library lays it out: as many numbers as `size` says.
struct IntArray {
  int size;
  int data[1];
};

struct Context;

/// The beginning of a delegate. It is the same in all versions.
struct Delegate {
  void* data;
  /// Takes what it can of a graph. Null in delegates made with the interface of newer libraries only.
  Status (*Prepare)(Context*, Delegate*);
};

/// An operator. Newer libraries know further fields, which may be zero: room for them is given.
struct Registration {
  void* (*init)(Context*, const char* options, size_t size) = nullptr;
  void (*free)(Context*, void* data) = nullptr;
  Status (*prepare)(Context*, Node*) = nullptr;
  Status (*invoke)(Context*, Node*) = nullptr;
  const char* (*profiling_string)(const Context*, const Node*) = nullptr;
  int32_t builtin_code = 0;
  const char* custom_name = nullptr;
  int version = 0;
  void* later_fields[16] = {};
};

/// The beginning of what a delegate sees of a graph. It is the same in all versions.
struct Context {
  size_t tensor_count;
  /// The numbers of the graph's nodes in the order of their execution, valid until the next call.
  Status (*GetExecutionPlan)(Context*, IntArray** plan);
  void* tensors;
  void* graph;
  void (*other_functions[3])();
  Status (*GetNodeAndRegistration)(Context*, int node, Node**, Registration**);
};

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
  Delegate* (*OpaqueDelegateCreate)(const void* builder);
  /// Its interface is called experimental.
  void (*OptionsAddCustomOp)(Options*, const char* name, const Registration*, int32_t first, int32_t last);
};

}  // namespace impulse::tflite
