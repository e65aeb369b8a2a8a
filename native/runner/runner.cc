// A process that runs one impulse with the SDK of its own download and answers requests on a Unix socket, in the
// protocol of the .eim runners: one JSON object a request, one an answer. `impulse compile` builds it together
// with the download's sources; it is not a part of the addon.
//
//   runner <socket>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "json.h"

#if defined(__has_include)
#if __has_include("edge-impulse-sdk/classifier/postprocessing/ei_postprocessing_thresholds.h")
#include "edge-impulse-sdk/classifier/postprocessing/ei_postprocessing_thresholds.h"
#define RUNNER_HAS_THRESHOLDS 1
#endif
#endif

// Defines that came with later downloads.
#ifndef EI_CLASSIFIER_PROJECT_ID
#define EI_CLASSIFIER_PROJECT_ID 0
#endif
#ifndef EI_CLASSIFIER_PROJECT_OWNER
#define EI_CLASSIFIER_PROJECT_OWNER ""
#endif
#ifndef EI_CLASSIFIER_PROJECT_NAME
#define EI_CLASSIFIER_PROJECT_NAME ""
#endif
#ifndef EI_CLASSIFIER_PROJECT_DEPLOY_VERSION
#define EI_CLASSIFIER_PROJECT_DEPLOY_VERSION 0
#endif
#ifndef EI_CLASSIFIER_INPUT_WIDTH
#define EI_CLASSIFIER_INPUT_WIDTH 0
#define EI_CLASSIFIER_INPUT_HEIGHT 0
#endif
#ifndef EI_CLASSIFIER_INPUT_FRAMES
#define EI_CLASSIFIER_INPUT_FRAMES 1
#endif
#ifndef EI_CLASSIFIER_OBJECT_DETECTION
#define EI_CLASSIFIER_OBJECT_DETECTION 0
#endif
#ifndef EI_CLASSIFIER_HAS_ANOMALY
#define EI_CLASSIFIER_HAS_ANOMALY 0
#endif
#ifndef EI_CLASSIFIER_HAS_VISUAL_ANOMALY
#define EI_CLASSIFIER_HAS_VISUAL_ANOMALY 0
#endif
#ifndef EI_CLASSIFIER_OBJECT_TRACKING_ENABLED
#define EI_CLASSIFIER_OBJECT_TRACKING_ENABLED 0
#endif
#ifndef EI_CLASSIFIER_FREEFORM_OUTPUT
#define EI_CLASSIFIER_FREEFORM_OUTPUT 0
#endif
#ifndef EI_CLASSIFIER_SLICE_SIZE
#define EI_CLASSIFIER_SLICE_SIZE 0
#endif

namespace runner {
namespace {

constexpr size_t kFeatures = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE;
constexpr size_t kSlice = EI_CLASSIFIER_SLICE_SIZE * EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME;

// --- what differs between generations of the SDK -----------------------------------------------------------------

/// How many boxes there are: counted since 2022, before that a fixed number of which some score 0.
template <typename Result>
auto BoxCount(const Result& result, int) -> decltype(result.bounding_boxes_count, size_t()) {
  return result.bounding_boxes_count;
}
template <typename Result>
size_t BoxCount(const Result& result, long) {
  return sizeof(result.bounding_boxes) / sizeof(result.bounding_boxes[0]);
}

/// Milliseconds with fractions where the SDK measures microseconds.
template <typename Timing>
auto AddTiming(json::Object& to, const Timing& timing, int) -> decltype(timing.dsp_us, void()) {
  to.Number("dsp", static_cast<double>(timing.dsp_us) / 1000);
  to.Number("classification", static_cast<double>(timing.classification_us) / 1000);
  to.Number("anomaly", static_cast<double>(timing.anomaly_us) / 1000);
}
template <typename Timing>
void AddTiming(json::Object& to, const Timing& timing, long) {
  to.Number("dsp", timing.dsp);
  to.Number("classification", timing.classification);
  to.Number("anomaly", timing.anomaly);
}

const char* ModelType() {
#if EI_CLASSIFIER_FREEFORM_OUTPUT
  return "freeform";
#elif EI_CLASSIFIER_OBJECT_DETECTION == 1
#if defined(EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER) && defined(EI_CLASSIFIER_LAST_LAYER_FOMO)
  return EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER == EI_CLASSIFIER_LAST_LAYER_FOMO ? "constrained_object_detection"
                                                                                    : "object_detection";
#else
  return "object_detection";
#endif
#else
  return "classification";
#endif
}

const char* ResizeMode() {
#if !defined(EI_CLASSIFIER_RESIZE_MODE)
  return "fit-shortest";
#else
  switch (EI_CLASSIFIER_RESIZE_MODE) {
    case 1:
      return "fit-shortest";
    case 2:
      return "fit-longest";
    case 3:
      return "squash";
    default:
      return "none";
  }
#endif
}

// --- requests ----------------------------------------------------------------------------------------------------

json::Object Project() {
  json::Object project;
  project.Integer("id", EI_CLASSIFIER_PROJECT_ID);
  project.String("owner", EI_CLASSIFIER_PROJECT_OWNER);
  project.String("name", EI_CLASSIFIER_PROJECT_NAME);
  project.Integer("deploy_version", EI_CLASSIFIER_PROJECT_DEPLOY_VERSION);
  return project;
}

json::Object ModelParameters() {
  constexpr bool is_image = EI_CLASSIFIER_INPUT_WIDTH > 0;
  json::Array labels;
  for (size_t i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) labels.String(ei_classifier_inferencing_categories[i]);
  json::Object parameters;
  parameters.Integer("input_features_count", static_cast<int64_t>(kFeatures));
  parameters.Integer("sensor", EI_CLASSIFIER_SENSOR);
  parameters.Number("frequency", EI_CLASSIFIER_FREQUENCY);
  parameters.Number("interval_ms", EI_CLASSIFIER_INTERVAL_MS);
  parameters.Integer("axis_count", EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME);
  parameters.Integer("image_input_width", EI_CLASSIFIER_INPUT_WIDTH);
  parameters.Integer("image_input_height", EI_CLASSIFIER_INPUT_HEIGHT);
  parameters.Integer("image_input_frames", EI_CLASSIFIER_INPUT_FRAMES);
  parameters.Integer("image_channel_count",
                     is_image ? EI_CLASSIFIER_NN_INPUT_FRAME_SIZE / static_cast<int>(kFeatures) : 0);
  parameters.String("image_resize_mode", ResizeMode());
  parameters.Integer("label_count", EI_CLASSIFIER_LABEL_COUNT);
  parameters.Add("labels", labels.Text());
  parameters.Integer("has_anomaly", EI_CLASSIFIER_HAS_ANOMALY);
  parameters.Bool("has_object_tracking", EI_CLASSIFIER_OBJECT_TRACKING_ENABLED == 1);
  parameters.String("model_type", ModelType());
  parameters.Integer("slice_size", EI_CLASSIFIER_SLICE_SIZE);
  parameters.Bool("use_continuous_mode", EI_CLASSIFIER_SENSOR == 1);
  parameters.Integer("inferencing_engine", EI_CLASSIFIER_INFERENCING_ENGINE);
#if RUNNER_HAS_THRESHOLDS
  json::Array thresholds;
  for (size_t i = 0; i < ei_default_impulse.impulse->postprocessing_blocks_size; i++) {
    const ei_postprocessing_block_t& block = ei_default_impulse.impulse->postprocessing_blocks[i];
    std::vector<ei_threshold_desc_t> found;
    get_thresholds_postprocessing(&block, found);
    if (found.empty()) continue;
    json::Object threshold;
    threshold.Integer("id", block.block_id);
    threshold.String("type", found.front().type);
    for (const ei_threshold_desc_t& each : found) threshold.Number(each.name.c_str(), each.value);
    thresholds.Add(threshold.Text());
  }
  parameters.Add("thresholds", thresholds.Text());
#endif
  return parameters;
}

template <typename Box>
json::Object BoxToJson(const Box& box) {
  json::Object object;
  object.String("label", box.label);
  object.Number("value", box.value);
  object.Integer("x", box.x);
  object.Integer("y", box.y);
  object.Integer("width", box.width);
  object.Integer("height", box.height);
  return object;
}

json::Object ResultToJson(const ei_impulse_result_t& result) {
  json::Object object;
#if EI_CLASSIFIER_OBJECT_DETECTION == 1
  json::Array boxes;
  for (size_t i = 0; i < BoxCount(result, 0); i++) {
    if (result.bounding_boxes[i].value != 0) boxes.Add(BoxToJson(result.bounding_boxes[i]).Text());
  }
  object.Add("bounding_boxes", boxes.Text());
#elif !EI_CLASSIFIER_FREEFORM_OUTPUT
  json::Object scores;
  for (size_t i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) {
    scores.Number(ei_classifier_inferencing_categories[i], result.classification[i].value);
  }
  object.Add("classification", scores.Text());
#endif
#if EI_CLASSIFIER_HAS_VISUAL_ANOMALY
  json::Array cells;
  for (size_t i = 0; i < result.visual_ad_count; i++) cells.Add(BoxToJson(result.visual_ad_grid_cells[i]).Text());
  object.Add("visual_anomaly_grid", cells.Text());
  object.Number("visual_anomaly_max", result.visual_ad_result.max_value);
  object.Number("visual_anomaly_mean", result.visual_ad_result.mean_value);
#elif EI_CLASSIFIER_HAS_ANOMALY > 0
  object.Number("anomaly", result.anomaly);
#endif
#if EI_CLASSIFIER_OBJECT_TRACKING_ENABLED == 1
  json::Array objects;
  for (uint32_t i = 0; i < result.postprocessed_output.object_tracking_output.open_traces_count; i++) {
    const auto& trace = result.postprocessed_output.object_tracking_output.open_traces[i];
    json::Object tracked = BoxToJson(trace);
    tracked.Integer("object_id", trace.id);
    objects.Add(tracked.Text());
  }
  object.Add("object_tracking", objects.Text());
#endif
  return object;
}

std::string Failure(const std::string& error) {
  json::Object answer;
  answer.Bool("success", false);
  answer.String("error", error.c_str());
  return answer.Text();
}

#if EI_CLASSIFIER_FREEFORM_OUTPUT
/// The SDK writes raw outputs into matrices that it is given beforehand.
std::vector<ei::matrix_t>& FreeformOutputs() {
  static std::vector<ei::matrix_t> outputs = [] {
    std::vector<ei::matrix_t> made;
    const ei_impulse_t* impulse = ei_default_impulse.impulse;
    made.reserve(impulse->freeform_outputs_size);
    for (size_t i = 0; i < impulse->freeform_outputs_size; i++) made.emplace_back(impulse->freeform_outputs[i], 1);
    ei_set_freeform_output(made.data(), made.size());
    return made;
  }();
  return outputs;
}
#endif

EI_IMPULSE_ERROR Run(signal_t& signal, ei_impulse_result_t& result, bool continuous) {
#if EI_CLASSIFIER_SLICE_SIZE > 0
  if (continuous) return run_classifier_continuous(&signal, &result, false);
#else
  static_cast<void>(continuous);
#endif
  return run_classifier(&signal, &result, false);
}

std::string Classify(const std::vector<float>& features, bool continuous) {
  const size_t expected = continuous ? kSlice : kFeatures;
  if (features.size() != expected) {
    return Failure(std::string("Invalid number of features in '") + (continuous ? "classify_continuous" : "classify") +
                   "', expected " + std::to_string(expected) + " but got " + std::to_string(features.size()));
  }
#if EI_CLASSIFIER_FREEFORM_OUTPUT
  FreeformOutputs();
#endif
  signal_t signal;
  signal.total_length = features.size();
  signal.get_data = [&features](size_t offset, size_t length, float* out) {
    std::memcpy(out, features.data() + offset, length * sizeof(float));
    return 0;
  };
  ei_impulse_result_t result = {};
  const EI_IMPULSE_ERROR code = Run(signal, result, continuous);
  if (code != EI_IMPULSE_OK) return Failure("Classifying failed, error code was " + std::to_string(code));

  json::Object shown = ResultToJson(result);
#if EI_CLASSIFIER_FREEFORM_OUTPUT
  json::Array tensors;
  for (const ei::matrix_t& output : FreeformOutputs()) {
    json::Array numbers;
    for (size_t i = 0; i < output.rows * output.cols; i++) numbers.Number(output.buffer[i]);
    tensors.Add(numbers.Text());
  }
  shown.Add("freeform", tensors.Text());
#endif
  json::Object timing;
  AddTiming(timing, result.timing, 0);
  json::Object answer;
  answer.Bool("success", true);
  answer.Add("result", shown.Text());
  answer.Add("timing", timing.Text());
  return answer.Text();
}

std::string SetThreshold(const json::Request& request) {
#if RUNNER_HAS_THRESHOLDS
  for (const auto& [name, value] : request.numbers) {
    EI_IMPULSE_ERROR code = EI_IMPULSE_POSTPROCESSING_THRESHOLD_KEY_NOT_FOUND;
    for (size_t i = 0; i < ei_default_impulse.impulse->postprocessing_blocks_size; i++) {
      const ei_postprocessing_block_t& block = ei_default_impulse.impulse->postprocessing_blocks[i];
      if (block.block_id != request.block_id) continue;
      code = set_threshold_postprocessing(&block, name, static_cast<float>(value));
      if (code == EI_IMPULSE_OK) break;
    }
    if (code != EI_IMPULSE_OK) {
      return Failure("set_threshold: setting key '" + name + "' failed with error " + std::to_string(code));
    }
  }
  json::Object answer;
  answer.Bool("success", true);
  return answer.Text();
#else
  static_cast<void>(request);
  return Failure("Failed to handle message");
#endif
}

std::string Hello() {
  json::Object answer;
  answer.Bool("success", true);
  answer.Add("project", Project().Text());
  answer.Add("model_parameters", ModelParameters().Text());
  return answer.Text();
}

std::string Answer(const json::Request& request) {
  switch (request.kind) {
    case json::Request::kHello:
      return Hello();
    case json::Request::kClassify:
      return Classify(request.features, false);
    case json::Request::kClassifyContinuous:
#if EI_CLASSIFIER_SLICE_SIZE > 0
      return Classify(request.features, true);
#else
      return Failure("Failed to handle message");
#endif
    case json::Request::kSetThreshold:
      return SetThreshold(request);
    case json::Request::kUnknown:
      return Failure("Failed to handle message");
  }
  return Failure("Failed to handle message");
}

// --- the socket --------------------------------------------------------------------------------------------------

bool SendAll(int connection, const std::string& text) {
  // With its terminating NUL, as the runners of the vendor do.
  const char* data = text.c_str();
  for (size_t left = text.size() + 1; left > 0;) {
    const ssize_t sent = send(connection, data, left, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    left -= static_cast<size_t>(sent);
  }
  return true;
}

int Serve(int connection) {
  json::Reader reader;
  std::vector<char> chunk(1 << 16);
  for (;;) {
    const ssize_t received = recv(connection, chunk.data(), chunk.size(), 0);
    if (received <= 0) return 0;
    reader.Feed(chunk.data(), static_cast<size_t>(received));
    json::Request request;
    while (reader.Next(request)) {
      std::string answer = request.valid ? Answer(request) : Failure("Missing 'id' field in message");
      if (request.valid) answer.insert(1, "\"id\":" + std::to_string(request.id) + ",");
      if (!SendAll(connection, answer + "\n")) return 1;
    }
    if (reader.TooLong()) {
      std::fprintf(stderr, "a request is longer than 32 MiB\n");
      return 1;
    }
  }
}

}  // namespace
}  // namespace runner

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Requires one parameter: the path of the socket to create\n");
    return 1;
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (std::strlen(argv[1]) >= sizeof(address.sun_path)) {
    std::fprintf(stderr, "The path of the socket is too long\n");
    return 1;
  }
  std::strcpy(address.sun_path, argv[1]);
  unlink(argv[1]);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, 1) != 0) {
    std::perror("The socket can't be made");
    return 1;
  }
  run_classifier_init();
  // The sentences of section "recognising one": so that a file of ours is taken for what it is.
  std::printf("Edge Impulse Linux impulse runner - listening for JSON messages on socket '%s'\n", argv[1]);
  std::fflush(stdout);
  const int connection = accept(listener, nullptr, nullptr);
  if (connection < 0) return 1;
  const int code = runner::Serve(connection);
  close(connection);
  close(listener);
  unlink(argv[1]);
  return code;
}
