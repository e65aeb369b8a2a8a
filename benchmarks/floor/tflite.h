// A model on the TensorFlow Lite C API, opened at run time: what the programs of this folder share.
#ifndef FLOOR_TFLITE_H_
#define FLOOR_TFLITE_H_

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char* what, const char* detail) {
  fprintf(stderr, "floor: %s: %s\n", what, detail);
  exit(1);
}

static void* library;

static void* symbol(const char* name) {
  void* address = dlsym(library, name);
  if (address == NULL) fail("missing in the library", name);
  return address;
}

static uint8_t* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) fail("can't open", path);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t* bytes = aligned_alloc(64, (*size + 127) / 64 * 64);
  if (bytes == NULL || fread(bytes, 1, *size, file) != *size) fail("can't read", path);
  fclose(file);
  return bytes;
}

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

typedef struct {
  float scale;
  int32_t zero_point;
} Quantization;

static struct {
  void* interpreter;
  const char* (*version)(void);
  int (*invoke)(void*);
  int32_t (*input_count)(const void*);
  void* (*input_tensor)(const void*, int32_t);
  int32_t (*output_count)(const void*);
  const void* (*output_tensor)(const void*, int32_t);
  size_t (*byte_size)(const void*);
  void* (*tensor_data)(const void*);
  int (*type)(const void*);
  Quantization (*quantization)(const void*);
} tflite;

// `kernels` is -1 for the built-in ones, or else the flags of the XNNPACK delegate (1: QS8, 2: QU8), where 2.9 has them.
static void open_model(const char* library_path, const char* model_path, int threads, int kernels) {
  library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail("can't open the library", dlerror());
  tflite.version = symbol("TfLiteVersion");
  tflite.invoke = symbol("TfLiteInterpreterInvoke");
  tflite.input_count = symbol("TfLiteInterpreterGetInputTensorCount");
  tflite.input_tensor = symbol("TfLiteInterpreterGetInputTensor");
  tflite.output_count = symbol("TfLiteInterpreterGetOutputTensorCount");
  tflite.output_tensor = symbol("TfLiteInterpreterGetOutputTensor");
  tflite.byte_size = symbol("TfLiteTensorByteSize");
  tflite.tensor_data = symbol("TfLiteTensorData");
  tflite.type = symbol("TfLiteTensorType");
  tflite.quantization = symbol("TfLiteTensorQuantizationParams");
  void* (*model_create)(const void*, size_t) = symbol("TfLiteModelCreate");
  void* (*options_create)(void) = symbol("TfLiteInterpreterOptionsCreate");
  void (*set_threads)(void*, int32_t) = symbol("TfLiteInterpreterOptionsSetNumThreads");
  void (*add_delegate)(void*, void*) = symbol("TfLiteInterpreterOptionsAddDelegate");
  void* (*interpreter_create)(const void*, const void*) = symbol("TfLiteInterpreterCreate");
  int (*allocate)(void*) = symbol("TfLiteInterpreterAllocateTensors");

  size_t model_size;
  const uint8_t* model_bytes = read_file(model_path, &model_size);
  void* model = model_create(model_bytes, model_size);
  if (model == NULL) fail("not a model", model_path);
  void* options = options_create();
  set_threads(options, threads);
  if (kernels >= 0) {
    void* (*delegate_create)(const void*) = symbol("TfLiteXNNPackDelegateCreate");
    int32_t delegate_options[64] = {threads, kernels};
    add_delegate(options, delegate_create(delegate_options));
  }
  tflite.interpreter = interpreter_create(model, options);
  if (tflite.interpreter == NULL || allocate(tflite.interpreter) != 0) fail("can't prepare the model", model_path);
}

#endif
