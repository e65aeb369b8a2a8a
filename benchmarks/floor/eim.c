// The floor under an .eim: a classifier of pictures that speaks the runners' protocol (one JSON object a request over a
// Unix socket, features in shared memory or in the request) around the same bare TensorFlow Lite loop. It does what such
// a program must and nothing else, so what it is timed with is its client.
//
//   eim SOCKET      with FLOOR_LIBRARY, FLOOR_MODEL, FLOOR_THREADS, FLOOR_KERNELS as `open_model` takes them, and
//                   FLOOR_SHARED_MEMORY: the name of a segment to offer for the features, or nothing
#define _GNU_SOURCE

#include "tflite.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { kFloat32 = 1, kUint8 = 3, kInt8 = 9 };

static const char* shared_name;

static void leave(int signal_number) {
  (void)signal_number;
  if (shared_name != NULL) shm_unlink(shared_name);
  _exit(0);
}

static const char* setting(const char* name) {
  const char* value = getenv(name);
  if (value == NULL) fail("not set", name);
  return value;
}

// Scaled to 0..1 and, for 8 bits, quantised.
static void fill_input(const float* features, size_t count) {
  void* tensor = tflite.input_tensor(tflite.interpreter, 0);
  const int type = tflite.type(tensor);
  const Quantization q = tflite.quantization(tensor);
  void* data = tflite.tensor_data(tensor);
  uint8_t table[256];
  for (int i = 0; type != kFloat32 && i < 256; i++) {
    const float value = roundf((float)i / 255.0f / q.scale) + (float)q.zero_point;
    const float least = type == kInt8 ? -128.0f : 0.0f;
    table[i] = (uint8_t)(int)fminf(fmaxf(value, least), least + 255.0f);
  }
  for (size_t i = 0; i < count; i++) {
    const uint32_t pixel = (uint32_t)features[i];
    for (int channel = 0; channel < 3; channel++) {
      const uint8_t byte = (uint8_t)(pixel >> (16 - 8 * channel));
      if (type == kFloat32) ((float*)data)[3 * i + (size_t)channel] = (float)byte / 255.0f;
      else ((uint8_t*)data)[3 * i + (size_t)channel] = table[byte];
    }
  }
}

static float score(const void* tensor, size_t i) {
  const void* data = tflite.tensor_data(tensor);
  const int type = tflite.type(tensor);
  if (type == kFloat32) return ((const float*)data)[i];
  const Quantization q = tflite.quantization(tensor);
  const int32_t value = type == kInt8 ? ((const int8_t*)data)[i] : ((const uint8_t*)data)[i];
  return (float)(value - q.zero_point) * q.scale;
}

static size_t label_count(void) {
  const void* tensor = tflite.output_tensor(tflite.interpreter, 0);
  return tflite.byte_size(tensor) / (tflite.type(tensor) == kFloat32 ? 4 : 1);
}

static void answer_hello(FILE* out, long id, size_t pixels, const char* shared) {
  const int side = (int)lround(sqrt((double)pixels));
  fprintf(out, "{\"id\":%ld,\"success\":true,", id);
  if (shared != NULL) {
    fprintf(out, "\"features_shm\":{\"name\":\"%s\",\"size_bytes\":%zu,\"type\":\"float32\",\"elements\":%zu},",
            shared, pixels * sizeof(float), pixels);
  }
  fprintf(out,
          "\"project\":{\"id\":1,\"owner\":\"floor\",\"name\":\"floor\",\"deploy_version\":1},\"model_parameters\":{"
          "\"sensor\":3,\"model_type\":\"classification\",\"image_resize_mode\":\"squash\",\"image_channel_count\":3,"
          "\"image_input_width\":%d,\"image_input_height\":%d,\"image_input_frames\":1,\"input_features_count\":%zu,"
          "\"label_count\":%zu,\"labels\":[",
          side, side, pixels, label_count());
  for (size_t i = 0; i < label_count(); i++) fprintf(out, "%s\"%zu\"", i > 0 ? "," : "", i);
  fprintf(out, "]}}\n");
}

static void answer_classify(FILE* out, long id, const float* features, size_t pixels) {
  const double start = now_us();
  fill_input(features, pixels);
  const double filled = now_us();
  if (tflite.invoke(tflite.interpreter) != 0) fail("can't run", "the model");
  const double done = now_us();
  fprintf(out, "{\"id\":%ld,\"success\":true,\"result\":{\"classification\":{", id);
  const void* tensor = tflite.output_tensor(tflite.interpreter, 0);
  for (size_t i = 0; i < label_count(); i++) fprintf(out, "%s\"%zu\":%.6g", i > 0 ? "," : "", i, (double)score(tensor, i));
  fprintf(out, "}},\"timing\":{\"dsp\":%.3f,\"classification\":%.3f,\"anomaly\":0}}\n", (filled - start) / 1000,
          (done - filled) / 1000);
}

// The numbers of `"classify":[...]`. Whole ones, as a client packs pixels.
static void read_features(const char* request, float* features, size_t pixels) {
  const char* at = strstr(request, "\"classify\":[");
  if (at == NULL) fail("not understood", request);
  at += strlen("\"classify\":[");
  for (size_t i = 0; i < pixels; i++) {
    uint32_t value = 0;
    while (*at >= '0' && *at <= '9') value = value * 10 + (uint32_t)(*at++ - '0');
    features[i] = (float)value;
    at++;
  }
}

int main(int argc, char** argv) {
  if (argc != 2) fail("usage", "eim SOCKET");
  signal(SIGINT, leave);
  signal(SIGHUP, leave);
  open_model(setting("FLOOR_LIBRARY"), setting("FLOOR_MODEL"), atoi(setting("FLOOR_THREADS")),
             atoi(setting("FLOOR_KERNELS")));
  const void* input = tflite.input_tensor(tflite.interpreter, 0);
  const size_t pixels = tflite.byte_size(input) / (tflite.type(input) == kFloat32 ? 4 : 1) / 3;
  float* features = malloc(pixels * sizeof(float));
  shared_name = getenv("FLOOR_SHARED_MEMORY");
  if (shared_name != NULL) {
    const int file = shm_open(shared_name, O_CREAT | O_RDWR, 0600);
    if (file < 0 || ftruncate(file, (off_t)(pixels * sizeof(float))) != 0) fail("no shared memory", shared_name);
    features = mmap(NULL, pixels * sizeof(float), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (features == MAP_FAILED) fail("no shared memory", shared_name);
  }

  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof(address)) != 0 || listen(listener, 1) != 0) fail("can't listen", argv[1]);
  const int client = accept(listener, NULL, NULL);
  FILE* in = fdopen(client, "r");
  FILE* out = fdopen(dup(client), "w");
  setvbuf(in, NULL, _IOFBF, 1 << 16);
  setvbuf(out, NULL, _IOFBF, 1 << 16);
  char* request = NULL;
  size_t room = 0;
  while (getline(&request, &room, in) > 0) {
    const char* id_at = strstr(request, "\"id\":");
    const long id = id_at == NULL ? 0 : atol(id_at + strlen("\"id\":"));
    if (strstr(request, "\"hello\"") != NULL) {
      answer_hello(out, id, pixels, shared_name);
    } else {
      if (strstr(request, "\"classify_shm\"") == NULL) read_features(request, features, pixels);
      answer_classify(out, id, features, pixels);
    }
    fflush(out);
  }
  leave(0);
}
