// The floor under our own times: the same library, model, input, threads and kernels in a bare loop over the
// TensorFlow Lite C API, with nothing of JavaScript near it.
//
//   floor LIBRARY MODEL INPUT THREADS KERNELS WARMUP RUNS
//
// INPUT holds the bytes of the model's inputs, one after the other; KERNELS is -1 for the built-in ones, or
// else the flags of the XNNPACK delegate (1: QS8, 2: QU8), where 2.9 has them. A run is: copy the
// inputs in, invoke, copy the outputs out. Prints one JSON object.
#define _POSIX_C_SOURCE 200809L

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

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 8) fail("usage", "floor LIBRARY MODEL INPUT THREADS KERNELS WARMUP RUNS");
  const int threads = atoi(argv[4]), kernels = atoi(argv[5]), warmup = atoi(argv[6]), runs = atoi(argv[7]);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail("can't open the library", dlerror());

  const char* (*version)(void) = symbol("TfLiteVersion");
  void* (*model_create)(const void*, size_t) = symbol("TfLiteModelCreate");
  void* (*options_create)(void) = symbol("TfLiteInterpreterOptionsCreate");
  void (*set_threads)(void*, int32_t) = symbol("TfLiteInterpreterOptionsSetNumThreads");
  void (*add_delegate)(void*, void*) = symbol("TfLiteInterpreterOptionsAddDelegate");
  void* (*interpreter_create)(const void*, const void*) = symbol("TfLiteInterpreterCreate");
  int (*allocate)(void*) = symbol("TfLiteInterpreterAllocateTensors");
  int (*invoke)(void*) = symbol("TfLiteInterpreterInvoke");
  int32_t (*input_count)(const void*) = symbol("TfLiteInterpreterGetInputTensorCount");
  void* (*input_tensor)(const void*, int32_t) = symbol("TfLiteInterpreterGetInputTensor");
  int32_t (*output_count)(const void*) = symbol("TfLiteInterpreterGetOutputTensorCount");
  const void* (*output_tensor)(const void*, int32_t) = symbol("TfLiteInterpreterGetOutputTensor");
  size_t (*byte_size)(const void*) = symbol("TfLiteTensorByteSize");
  void* (*tensor_data)(const void*) = symbol("TfLiteTensorData");

  size_t model_size, input_size;
  const uint8_t* model_bytes = read_file(argv[2], &model_size);
  const uint8_t* input_bytes = read_file(argv[3], &input_size);
  void* model = model_create(model_bytes, model_size);
  if (model == NULL) fail("not a model", argv[2]);
  void* options = options_create();
  set_threads(options, threads);
  if (kernels >= 0) {
    void* (*delegate_create)(const void*) = symbol("TfLiteXNNPackDelegateCreate");
    int32_t delegate_options[64] = {threads, kernels};
    add_delegate(options, delegate_create(delegate_options));
  }
  void* interpreter = interpreter_create(model, options);
  if (interpreter == NULL || allocate(interpreter) != 0) fail("can't prepare the model", argv[2]);

  uint8_t* results[16] = {NULL};
  const int32_t outputs = output_count(interpreter);
  if (outputs > 16) fail("too many outputs", argv[2]);
  for (int32_t i = 0; i < outputs; i++) results[i] = malloc(byte_size(output_tensor(interpreter, i)) + 1);

  double* times = malloc(sizeof(double) * (size_t)runs);
  for (int run = -warmup; run < runs; run++) {
    const double start = now_us();
    size_t offset = 0;
    for (int32_t i = 0; i < input_count(interpreter); i++) {
      void* tensor = input_tensor(interpreter, i);
      const size_t size = byte_size(tensor);
      if (offset + size > input_size) fail("too short for the model's inputs", argv[3]);
      memcpy(tensor_data(tensor), input_bytes + offset, size);
      offset += size;
    }
    if (invoke(interpreter) != 0) fail("can't run", argv[2]);
    for (int32_t i = 0; i < outputs; i++) {
      const void* tensor = output_tensor(interpreter, i);
      memcpy(results[i], tensor_data(tensor), byte_size(tensor));
    }
    if (run >= 0) times[run] = now_us() - start;
  }

  uint64_t hash = 14695981039346656037u;  // FNV-1a, to see that two programs compute the same
  for (int32_t i = 0; i < outputs; i++) {
    const size_t size = byte_size(output_tensor(interpreter, i));
    for (size_t b = 0; b < size; b++) hash = (hash ^ results[i][b]) * 1099511628211u;
  }
  qsort(times, (size_t)runs, sizeof(double), compare);
  printf("{\"version\":\"%s\",\"runs\":%d,\"minUs\":%.2f,\"p50Us\":%.2f,\"p95Us\":%.2f,\"outputHash\":\"%016llx\"}\n",
         version(), runs, times[0], times[runs / 2], times[(size_t)((double)runs * 0.95)],
         (unsigned long long)hash);
  return 0;
}
