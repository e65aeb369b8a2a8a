// A TensorFlow Lite C library that computes nothing: its one output says how the delegate was asked for. What
// it has and how it fails is chosen when it is compiled:
//   OLD_OPTIONS       the flags follow the number of threads, and can't be read back (2.9)
//   READABLE_OPTIONS  the same, but they can be read back
//   NEW_OPTIONS       another word stands between the two, and the structure is larger (LiteRT 2)
//   NO_DELEGATE       made without XNNPACK
//   REFUSED_DELEGATE  the delegate can't be created
//   NULL_INTERPRETER  no interpreter can be built
//   FAILING_RUN       runs fail, and say a great deal
//   NO_INVOKE         an entry point is missing
//   CRASHING_LOAD     opening a model touches memory that is not there
//   CRASHING_RUN      so does a run
//   ABORTING_RUN      a run gives up aloud
//   EXITING_RUN       a run ends the process
//   HANGING_RUN       a run never ends
// Runs of the last four do so where the first input is 13, and answer otherwise.
#include <cstdarg>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

struct Options {
  int32_t threads = 0;
#ifdef NEW_OPTIONS
  uint32_t runtime_flags = 0;
#endif
  uint32_t flags = 0;
#ifndef OLD_OPTIONS
  void* weights_cache = nullptr;
#endif
#ifdef NEW_OPTIONS
  bool handle_variable_ops = false;
  const char* path = nullptr;
  int descriptor = 0;
  void* provider = nullptr;
#endif
};

struct Delegate {
  Options options;
};

using Reporter = void (*)(void*, const char*, va_list);

struct InterpreterOptions {
  int32_t threads = 0;
  Delegate* delegate = nullptr;
  Reporter reporter = nullptr;
  void* user_data = nullptr;
};

struct Tensor {
  const char* name;
  int32_t length;
  float data[8];
};

struct Interpreter {
  InterpreterOptions options;
  Tensor input{"input", 4, {}};
  Tensor output{"asked", 5, {}};
};

struct Quantization {
  float scale;
  int32_t zero_point;
};

namespace {

void Report(const InterpreterOptions& options, const char* format, ...) {
  va_list args;
  va_start(args, format);
  options.reporter(options.user_data, format, args);
  va_end(args);
}

[[maybe_unused]] void Crash() {
  // A debugger, or a sanitizer, may have handlers.
  std::signal(SIGSEGV, SIG_DFL);
  *static_cast<volatile int*>(nullptr) = 1;
}

void Misbehave() {
#if defined(CRASHING_RUN)
  Crash();
#elif defined(ABORTING_RUN)
  std::fputs("Check failed: made up\n", stderr);
  std::abort();
#elif defined(EXITING_RUN)
  _exit(3);
#elif defined(HANGING_RUN)
  for (;;) pause();
#endif
}

}  // namespace

EXPORT const char* TfLiteVersion() { return "99.1.0"; }
EXPORT void* TfLiteModelCreate(const void*, size_t size) {
#ifdef CRASHING_LOAD
  Crash();
#endif
  return std::malloc(size + 1);
}
EXPORT void TfLiteModelDelete(void* model) { std::free(model); }
EXPORT InterpreterOptions* TfLiteInterpreterOptionsCreate() { return new InterpreterOptions; }
EXPORT void TfLiteInterpreterOptionsDelete(InterpreterOptions* options) { delete options; }
EXPORT void TfLiteInterpreterOptionsSetNumThreads(InterpreterOptions* options, int32_t threads) {
  options->threads = threads;
}
EXPORT void TfLiteInterpreterOptionsAddDelegate(InterpreterOptions* options, Delegate* delegate) {
  options->delegate = delegate;
}
EXPORT void TfLiteInterpreterOptionsSetErrorReporter(InterpreterOptions* options, Reporter reporter, void* data) {
  options->reporter = reporter;
  options->user_data = data;
}

EXPORT Interpreter* TfLiteInterpreterCreate(const void*, const InterpreterOptions* options) {
#ifdef NULL_INTERPRETER
  Report(*options, "Made up trouble number %d.", 42);
  return nullptr;
#else
  auto* interpreter = new Interpreter;
  interpreter->options = *options;
  return interpreter;
#endif
}

EXPORT void TfLiteInterpreterDelete(Interpreter* interpreter) { delete interpreter; }
EXPORT int TfLiteInterpreterAllocateTensors(Interpreter*) { return 0; }

#ifndef NO_INVOKE
EXPORT int TfLiteInterpreterInvoke(Interpreter* interpreter) {
#ifdef FAILING_RUN
  for (int i = 0; i < 10000; i++) Report(interpreter->options, "%s number %d", "complaint", i);
  return 1;
#else
  if (interpreter->input.data[0] == 13) Misbehave();
  const Delegate* delegate = interpreter->options.delegate;
  float* asked = interpreter->output.data;
  asked[0] = static_cast<float>(interpreter->options.threads);
  asked[1] = delegate != nullptr;
  if (delegate == nullptr) return 0;
  asked[2] = static_cast<float>(delegate->options.threads);
  asked[3] = static_cast<float>(delegate->options.flags);
#ifdef NEW_OPTIONS
  const Options& options = delegate->options;
  const bool rest = options.weights_cache || options.handle_variable_ops || options.path || options.descriptor ||
                    options.provider || options.runtime_flags;
  asked[4] = rest;
#endif
  return 0;
#endif
}
#endif

EXPORT int32_t TfLiteInterpreterGetInputTensorCount(const Interpreter*) { return 1; }
EXPORT Tensor* TfLiteInterpreterGetInputTensor(Interpreter* interpreter, int32_t) { return &interpreter->input; }
EXPORT int32_t TfLiteInterpreterGetOutputTensorCount(const Interpreter*) { return 1; }
EXPORT const Tensor* TfLiteInterpreterGetOutputTensor(const Interpreter* interpreter, int32_t) {
  return &interpreter->output;
}
EXPORT int TfLiteTensorType(const Tensor*) { return 1; }
EXPORT int32_t TfLiteTensorNumDims(const Tensor*) { return 1; }
EXPORT int32_t TfLiteTensorDim(const Tensor* tensor, int32_t) { return tensor->length; }
EXPORT size_t TfLiteTensorByteSize(const Tensor* tensor) { return sizeof(float) * static_cast<size_t>(tensor->length); }
EXPORT void* TfLiteTensorData(const Tensor* tensor) { return const_cast<float*>(tensor->data); }
EXPORT const char* TfLiteTensorName(const Tensor* tensor) { return tensor->name; }
EXPORT Quantization TfLiteTensorQuantizationParams(const Tensor*) { return {0.0f, 0}; }

#ifndef NO_DELEGATE
/// What a library does by itself: 0x90 is a choice of flags that this project never asks for.
EXPORT Delegate* TfLiteXNNPackDelegateCreate(const Options* options) {
#ifdef REFUSED_DELEGATE
  (void)options;
  return nullptr;
#else
  auto* delegate = new Delegate;
  delegate->options.flags = 0x90;
  if (options != nullptr) delegate->options = *options;
  return delegate;
#endif
}
EXPORT void TfLiteXNNPackDelegateDelete(Delegate* delegate) { delete delegate; }
#ifndef OLD_OPTIONS
EXPORT int TfLiteXNNPackDelegateGetFlags(Delegate* delegate) { return static_cast<int>(delegate->options.flags); }
#endif
#endif
