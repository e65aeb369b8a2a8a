/** A C++ library whose SDK is a few lines of ours: as much of its interface as a runner uses. */
import type { Files } from '../fixtures/deployment-writer.js';

const METADATA = `#pragma once
#define EI_CLASSIFIER_PROJECT_ID 7
#define EI_CLASSIFIER_PROJECT_OWNER "me"
#define EI_CLASSIFIER_PROJECT_NAME "Sums \\"and\\" signs"
#define EI_CLASSIFIER_PROJECT_DEPLOY_VERSION 3
#define EI_CLASSIFIER_NN_INPUT_FRAME_SIZE 4
#define EI_CLASSIFIER_RAW_SAMPLE_COUNT 4
#define EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME 1
#define EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE 4
#define EI_CLASSIFIER_INTERVAL_MS 10
#define EI_CLASSIFIER_FREQUENCY 100
#define EI_CLASSIFIER_LABEL_COUNT 2
#define EI_CLASSIFIER_HAS_ANOMALY 0
#define EI_CLASSIFIER_SENSOR 2
#define EI_CLASSIFIER_INFERENCING_ENGINE 2
inline const char *ei_classifier_inferencing_categories[] = { "sum {", "largest" };
`;

const RUN_CLASSIFIER = `#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include "model-parameters/model_metadata.h"
enum EI_IMPULSE_ERROR { EI_IMPULSE_OK = 0, EI_IMPULSE_DSP_ERROR = -5 };
struct signal_t { std::function<int(size_t, size_t, float *)> get_data; size_t total_length; };
struct ei_impulse_result_t {
  struct { const char *label; float value; } classification[EI_CLASSIFIER_LABEL_COUNT];
  float anomaly;
  struct { int dsp; int classification; int anomaly; } timing;
};
inline void run_classifier_init() {}
EI_IMPULSE_ERROR model(const float *features, size_t count, float *sum, float *largest);
inline EI_IMPULSE_ERROR run_classifier(signal_t *signal, ei_impulse_result_t *result, bool) {
  float features[4];
  signal->get_data(0, signal->total_length, features);
  return model(features, 4, &result->classification[0].value, &result->classification[1].value);
}
`;

const MODEL = `#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
EI_IMPULSE_ERROR model(const float *features, size_t count, float *sum, float *largest) {
  *sum = 0;
  *largest = features[0];
  for (size_t i = 0; i < count; i++) {
    if (features[i] == -1) return EI_IMPULSE_DSP_ERROR;
    *sum += features[i];
    if (features[i] > *largest) *largest = features[i];
  }
  return EI_IMPULSE_OK;
}
`;

/** Gives the sum of its four features, and the largest; -1 among them is an error of its signal processing. */
export function sumLibrary(): Files {
  return new Map([
    ['model-parameters/model_metadata.h', METADATA],
    ['tflite-model/model.cpp', MODEL],
    ['edge-impulse-sdk/classifier/ei_run_classifier.h', RUN_CLASSIFIER],
    ['edge-impulse-sdk/porting/posix/porting.cpp', '// nothing to port\n'],
    ['edge-impulse-sdk/porting/arduino/porting.cpp', '#error "of another board"\n'],
  ]);
}
