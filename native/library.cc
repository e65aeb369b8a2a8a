#include "library.h"

#include <dlfcn.h>

#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace impulse {
namespace {

template <typename Function>
void BindOptional(void* handle, const char* name, Function*& slot) {
  slot = reinterpret_cast<Function*>(dlsym(handle, name));
}

template <typename Function>
void Bind(void* handle, const char* name, Function*& slot) {
  BindOptional(handle, name, slot);
  if (slot == nullptr) {
    throw std::runtime_error(std::string("it is no TensorFlow Lite C library: it lacks ") + name);
  }
}

tflite::Api BindAll(void* handle) {
  tflite::Api api{};
  Bind(handle, "TfLiteVersion", api.Version);
  Bind(handle, "TfLiteModelCreate", api.ModelCreate);
  Bind(handle, "TfLiteModelDelete", api.ModelDelete);
  Bind(handle, "TfLiteInterpreterOptionsCreate", api.OptionsCreate);
  Bind(handle, "TfLiteInterpreterOptionsDelete", api.OptionsDelete);
  Bind(handle, "TfLiteInterpreterOptionsSetNumThreads", api.OptionsSetNumThreads);
  Bind(handle, "TfLiteInterpreterOptionsAddDelegate", api.OptionsAddDelegate);
  Bind(handle, "TfLiteInterpreterOptionsSetErrorReporter", api.OptionsSetErrorReporter);
  Bind(handle, "TfLiteInterpreterCreate", api.InterpreterCreate);
  Bind(handle, "TfLiteInterpreterDelete", api.InterpreterDelete);
  Bind(handle, "TfLiteInterpreterGetInputTensorCount", api.InputTensorCount);
  Bind(handle, "TfLiteInterpreterGetInputTensor", api.InputTensor);
  Bind(handle, "TfLiteInterpreterGetOutputTensorCount", api.OutputTensorCount);
  Bind(handle, "TfLiteInterpreterGetOutputTensor", api.OutputTensor);
  Bind(handle, "TfLiteInterpreterAllocateTensors", api.AllocateTensors);
  Bind(handle, "TfLiteInterpreterInvoke", api.Invoke);
  Bind(handle, "TfLiteTensorType", api.TensorType);
  Bind(handle, "TfLiteTensorNumDims", api.TensorNumDims);
  Bind(handle, "TfLiteTensorDim", api.TensorDim);
  Bind(handle, "TfLiteTensorByteSize", api.TensorByteSize);
  Bind(handle, "TfLiteTensorData", api.TensorData);
  Bind(handle, "TfLiteTensorName", api.TensorName);
  Bind(handle, "TfLiteTensorQuantizationParams", api.TensorQuantizationParams);
  BindOptional(handle, "TfLiteXNNPackDelegateCreate", api.XnnpackCreate);
  BindOptional(handle, "TfLiteXNNPackDelegateDelete", api.XnnpackDelete);
  BindOptional(handle, "TfLiteXNNPackDelegateGetFlags", api.XnnpackGetFlags);
  BindOptional(handle, "TfLiteOpaqueDelegateCreate", api.OpaqueDelegateCreate);
  BindOptional(handle, "TfLiteInterpreterOptionsAddCustomOp", api.OptionsAddCustomOp);
  return api;
}

std::unique_ptr<Library> Load(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = dlerror();
    throw std::runtime_error(reason != nullptr ? reason : "the loader gives no reason");
  }
  auto library = std::make_unique<Library>();
  library->api = BindAll(handle);
  library->version = library->api.Version();
  return library;
}

}  // namespace

const Library& OpenLibrary(const std::string& path, void (*on_first)()) {
  // Never destroyed: sessions of other threads may still use them while the process exits.
  static auto& mutex = *new std::mutex;
  static auto& opened = *new std::map<std::string, std::unique_ptr<Library>>;
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Library>& library = opened[path];
  if (library == nullptr) {
    library = Load(path);
    on_first();
  }
  return *library;
}

}  // namespace impulse
