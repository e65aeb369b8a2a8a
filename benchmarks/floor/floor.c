// The floor under our own times: the same library, model, input, threads and kernels in a bare loop over the
// TensorFlow Lite C API, with nothing of JavaScript near it.
//
//   floor LIBRARY MODEL INPUT THREADS KERNELS WARMUP RUNS
//
// INPUT holds the bytes of the model's inputs, one after the other; KERNELS as `open_model` takes it. A run is: copy the
// inputs in, invoke, copy the outputs out. Prints one JSON object.
#define _POSIX_C_SOURCE 200809L

#include "tflite.h"

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 8) fail("usage", "floor LIBRARY MODEL INPUT THREADS KERNELS WARMUP RUNS");
  const int warmup = atoi(argv[6]), runs = atoi(argv[7]);
  open_model(argv[1], argv[2], atoi(argv[4]), atoi(argv[5]));
  void* interpreter = tflite.interpreter;
  size_t input_size;
  const uint8_t* input_bytes = read_file(argv[3], &input_size);

  uint8_t* results[16] = {NULL};
  const int32_t outputs = tflite.output_count(interpreter);
  if (outputs > 16) fail("too many outputs", argv[2]);
  for (int32_t i = 0; i < outputs; i++) {
    results[i] = malloc(tflite.byte_size(tflite.output_tensor(interpreter, i)) + 1);
  }

  double* times = malloc(sizeof(double) * (size_t)runs);
  for (int run = -warmup; run < runs; run++) {
    const double start = now_us();
    size_t offset = 0;
    for (int32_t i = 0; i < tflite.input_count(interpreter); i++) {
      void* tensor = tflite.input_tensor(interpreter, i);
      const size_t size = tflite.byte_size(tensor);
      if (offset + size > input_size) fail("too short for the model's inputs", argv[3]);
      memcpy(tflite.tensor_data(tensor), input_bytes + offset, size);
      offset += size;
    }
    if (tflite.invoke(interpreter) != 0) fail("can't run", argv[2]);
    for (int32_t i = 0; i < outputs; i++) {
      const void* tensor = tflite.output_tensor(interpreter, i);
      memcpy(results[i], tflite.tensor_data(tensor), tflite.byte_size(tensor));
    }
    if (run >= 0) times[run] = now_us() - start;
  }

  uint64_t hash = 14695981039346656037u;  // FNV-1a, to see that two programs compute the same
  for (int32_t i = 0; i < outputs; i++) {
    const size_t size = tflite.byte_size(tflite.output_tensor(interpreter, i));
    for (size_t b = 0; b < size; b++) hash = (hash ^ results[i][b]) * 1099511628211u;
  }
  qsort(times, (size_t)runs, sizeof(double), compare);
  printf("{\"version\":\"%s\",\"runs\":%d,\"minUs\":%.2f,\"p50Us\":%.2f,\"p95Us\":%.2f,\"outputHash\":\"%016llx\"}\n",
         tflite.version(), runs, times[0], times[runs / 2], times[(size_t)((double)runs * 0.95)],
         (unsigned long long)hash);
  return 0;
}
