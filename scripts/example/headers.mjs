// The few headers that make a folder a C++ library: what the project is, how pixels become a tensor, and
// what the model's output means. Names and fields are the interface of such libraries; the text is ours.

const PROJECT = 1;
const IMPULSE = 1;
const IMAGE_BLOCK = 2;
const LEARN_BLOCK = 3;
const MODEL = `tflite_learn_${PROJECT}_${LEARN_BLOCK}`;

/**
 * Files of a library with one FOMO model: path to text.
 *
 * @param {{ name: string, owner: string, labels: readonly string[], size: number, grid: number,
 *   threshold: number, quantization: { scale: number, zeroPoint: number } }} facts
 *   `size` and `grid`: pixels and cells along a side; `quantization` of the model's int8 output
 */
export function libraryHeaders(facts) {
  return {
    'model-parameters/model_metadata.h': metadata(facts),
    'model-parameters/model_variables.h': variables(facts),
    [`tflite-model/${MODEL}.h`]: modelHeader(),
  };
}

/** Where the model itself goes. */
export const MODEL_PATH = `tflite-model/${MODEL}.tflite`;

function metadata({ name, owner, labels, size, grid, threshold }) {
  return `#ifndef _EI_CLASSIFIER_MODEL_METADATA_H_
#define _EI_CLASSIFIER_MODEL_METADATA_H_

#include <stdint.h>
#include <stdbool.h>

#define EI_CLASSIFIER_TFLITE                     2
#define EI_CLASSIFIER_TFLITE_FULL                4

#define EI_CLASSIFIER_SENSOR_CAMERA              3
#define EI_CLASSIFIER_DATATYPE_INT8              9
#define EI_ANOMALY_TYPE_UNKNOWN                  0

#define EI_CLASSIFIER_RESIZE_NONE                0
#define EI_CLASSIFIER_RESIZE_FIT_SHORTEST        1
#define EI_CLASSIFIER_RESIZE_FIT_LONGEST         2
#define EI_CLASSIFIER_RESIZE_SQUASH              3

#define EI_CLASSIFIER_PROJECT_ID                 ${PROJECT}
#define EI_CLASSIFIER_PROJECT_OWNER              "${owner}"
#define EI_CLASSIFIER_PROJECT_NAME               "${name}"
#define EI_CLASSIFIER_PROJECT_DEPLOY_VERSION     1

#define EI_CLASSIFIER_NN_INPUT_FRAME_SIZE        ${size * size * 3}
#define EI_CLASSIFIER_RAW_SAMPLE_COUNT           ${size * size}
#define EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME      1
#define EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE       (EI_CLASSIFIER_RAW_SAMPLE_COUNT * EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME)
#define EI_CLASSIFIER_INPUT_WIDTH                ${size}
#define EI_CLASSIFIER_INPUT_HEIGHT               ${size}
#define EI_CLASSIFIER_INPUT_FRAMES               1
#define EI_CLASSIFIER_RESIZE_MODE                EI_CLASSIFIER_RESIZE_SQUASH
#define EI_CLASSIFIER_INTERVAL_MS                1
#define EI_CLASSIFIER_FREQUENCY                  0
#define EI_CLASSIFIER_SENSOR                     EI_CLASSIFIER_SENSOR_CAMERA
#define EI_CLASSIFIER_FUSION_AXES_STRING         "image"

#define EI_CLASSIFIER_LABEL_COUNT                ${labels.length}
#define EI_CLASSIFIER_NN_OUTPUT_COUNT            ${grid * grid * (labels.length + 1)}
#define EI_CLASSIFIER_HAS_ANOMALY                EI_ANOMALY_TYPE_UNKNOWN
#define EI_CLASSIFIER_HAS_VISUAL_ANOMALY         0
#define EI_CLASSIFIER_HAS_MODEL_VARIABLES        1
#define EI_CLASSIFIER_SINGLE_FEATURE_INPUT       1
#define EI_CLASSIFIER_OBJECT_DETECTION           1
#define EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER EI_CLASSIFIER_LAST_LAYER_FOMO
#define EI_CLASSIFIER_OBJECT_DETECTION_COUNT     10
#define EI_CLASSIFIER_OBJECT_DETECTION_THRESHOLD ${threshold}
#define EI_HAS_FOMO                              1

#define EI_CLASSIFIER_INFERENCING_ENGINE         EI_CLASSIFIER_TFLITE
#define EI_CLASSIFIER_COMPILED                   0
#define EI_CLASSIFIER_QUANTIZATION_ENABLED       1
#define EI_CLASSIFIER_TFLITE_INPUT_DATATYPE      EI_CLASSIFIER_DATATYPE_INT8
#define EI_CLASSIFIER_TFLITE_OUTPUT_DATATYPE     EI_CLASSIFIER_DATATYPE_INT8
#define EI_CLASSIFIER_HAS_DATA_NORMALIZATION     0
#define EI_CLASSIFIER_CALIBRATION_ENABLED        0
#define EI_CLASSIFIER_OBJECT_TRACKING_ENABLED    0
#define EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW    4
#define EI_CLASSIFIER_SLICE_SIZE                 (EI_CLASSIFIER_RAW_SAMPLE_COUNT / EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW)
#define EI_CLASSIFIER_DSP_AXES_INDEX_TYPE        uint8_t

typedef struct {
    uint32_t block_id;
    uint16_t implementation_version;
    int axes;
    const char ** named_axes;
    size_t named_axes_size;
    const char * channels;
} ei_dsp_config_image_t;

#if EI_CLASSIFIER_INFERENCING_ENGINE == EI_CLASSIFIER_TFLITE && EI_CLASSIFIER_USE_FULL_TFLITE == 1
#undef EI_CLASSIFIER_INFERENCING_ENGINE
#define EI_CLASSIFIER_INFERENCING_ENGINE         EI_CLASSIFIER_TFLITE_FULL
#endif

#endif
`;
}

function variables({ name, owner, labels, size, grid, threshold, quantization }) {
  const impulse = `${PROJECT}_${IMPULSE}`;
  const image = `${PROJECT}_${IMAGE_BLOCK}`;
  const learn = `${PROJECT}_${LEARN_BLOCK}`;
  return `#ifndef _EI_CLASSIFIER_MODEL_VARIABLES_H_
#define _EI_CLASSIFIER_MODEL_VARIABLES_H_

#include "model_metadata.h"
#include "tflite-model/${MODEL}.h"
#include "edge-impulse-sdk/classifier/ei_model_types.h"
#include "edge-impulse-sdk/classifier/inferencing_engines/engines.h"
#include "edge-impulse-sdk/classifier/postprocessing/ei_postprocessing_common.h"

const char* ei_classifier_inferencing_categories_${impulse}[] = { ${labels.map((label) => `"${label}"`).join(', ')} };

EI_CLASSIFIER_DSP_AXES_INDEX_TYPE ei_dsp_config_${image}_axes[] = { 0 };
const uint32_t ei_dsp_config_${image}_axes_size = 1;
ei_dsp_config_image_t ei_dsp_config_${image} = {
    ${IMAGE_BLOCK}, // block_id
    1, // implementation_version
    1, // axes
    NULL, // named_axes
    0, // named_axes_size
    "RGB" // channels
};

const uint8_t ei_dsp_blocks_${impulse}_size = 1;
ei_model_dsp_t ei_dsp_blocks_${impulse}[ei_dsp_blocks_${impulse}_size] = {
    {
        ${IMAGE_BLOCK},
        ${size * size * 3}, // numbers out
        &extract_image_features,
        (void*)&ei_dsp_config_${image},
        ei_dsp_config_${image}_axes,
        ei_dsp_config_${image}_axes_size,
        1, // version
        nullptr, // factory
        nullptr // data normalisation
    }
};

const ei_config_tflite_graph_t ei_config_tflite_graph_${learn} = {
    .implementation_version = 1,
    .model = ${MODEL},
    .model_size = ${MODEL}_len,
    .arena_size = ${MODEL}_arena_size
};

const uint8_t ei_output_tensors_indices_${learn}[1] = { 0 };
const uint8_t ei_output_tensors_size_${learn} = 1;
ei_learning_block_config_tflite_graph_t ei_learning_block_config_${learn} = {
    .implementation_version = 1,
    .block_id = ${LEARN_BLOCK},
    .output_tensors_indices = ei_output_tensors_indices_${learn},
    .output_tensors_size = ei_output_tensors_size_${learn},
    .quantized = 1,
    .compiled = 0,
    .graph_config = (void*)&ei_config_tflite_graph_${learn},
    .dequantize_output = 0
};

const uint8_t ei_learning_blocks_${impulse}_size = 1;
const uint32_t ei_learning_block_${learn}_inputs[1] = { ${IMAGE_BLOCK} };
const uint8_t ei_learning_block_${learn}_inputs_size = 1;
const ei_learning_block_t ei_learning_blocks_${impulse}[ei_learning_blocks_${impulse}_size] = {
    {
        ${LEARN_BLOCK},
        &run_nn_inference,
        (void*)&ei_learning_block_config_${learn},
        EI_CLASSIFIER_IMAGE_SCALING_NONE,
        ei_learning_block_${learn}_inputs,
        ei_learning_block_${learn}_inputs_size
    }
};

ei_fill_result_fomo_i8_config_t ei_fill_result_fomo_i8_config_${learn} = {
    .threshold = ${threshold},
    .out_width = ${grid},
    .out_height = ${grid},
    .object_detection_count = 10,
    .zero_point = ${quantization.zeroPoint},
    .scale = ${quantization.scale}
};

const size_t ei_postprocessing_blocks_${impulse}_size = 1;
const ei_postprocessing_block_t ei_postprocessing_blocks_${impulse}[ei_postprocessing_blocks_${impulse}_size] = {
    {
        .block_id = ${LEARN_BLOCK},
        .type = EI_CLASSIFIER_MODE_OBJECT_DETECTION,
        .init_fn = NULL,
        .deinit_fn = NULL,
        .postprocess_fn = &process_fomo_i8,
        .display_fn = NULL,
        .config = (void*)&ei_fill_result_fomo_i8_config_${learn},
        .input_block_id = ${LEARN_BLOCK}
    }
};

const uint8_t freeform_outputs_${impulse}_size = 0;
uint32_t *freeform_outputs_${impulse} = nullptr;

const ei_impulse_t impulse_${impulse} = {
    .project_id = ${PROJECT},
    .project_owner = "${owner}",
    .project_name = "${name}",
    .impulse_id = ${IMPULSE},
    .impulse_name = "${name}",
    .deploy_version = 1,

    .nn_input_frame_size = ${size * size * 3},
    .raw_sample_count = ${size * size},
    .raw_samples_per_frame = 1,
    .dsp_input_frame_size = ${size * size} * 1,
    .input_width = ${size},
    .input_height = ${size},
    .input_frames = 1,
    .interval_ms = 1,
    .frequency = 0,

    .dsp_blocks_size = ei_dsp_blocks_${impulse}_size,
    .dsp_blocks = ei_dsp_blocks_${impulse},
    .learning_blocks_size = ei_learning_blocks_${impulse}_size,
    .learning_blocks = ei_learning_blocks_${impulse},
    .postprocessing_blocks_size = ei_postprocessing_blocks_${impulse}_size,
    .postprocessing_blocks = ei_postprocessing_blocks_${impulse},
    .output_tensors_size = 1,

    .inferencing_engine = EI_CLASSIFIER_TFLITE,
    .sensor = EI_CLASSIFIER_SENSOR_CAMERA,
    .fusion_string = "image",
    .slice_size = (${size * size}/4),
    .slices_per_model_window = 4,

    .has_anomaly = EI_ANOMALY_TYPE_UNKNOWN,
    .label_count = ${labels.length},
    .categories = ei_classifier_inferencing_categories_${impulse},
    .results_type = EI_CLASSIFIER_TYPE_OBJECT_DETECTION,
    .freeform_outputs_size = freeform_outputs_${impulse}_size,
    .freeform_outputs = freeform_outputs_${impulse}
};

ei_impulse_handle_t impulse_handle_${impulse} = ei_impulse_handle_t(&impulse_${impulse});
ei_impulse_handle_t& ei_default_impulse = impulse_handle_${impulse};
constexpr auto& ei_classifier_inferencing_categories = ei_classifier_inferencing_categories_${impulse};

#endif
`;
}

function modelHeader() {
  return `#ifndef ${MODEL.toUpperCase()}_H
#define ${MODEL.toUpperCase()}_H

#include "edge-impulse-sdk/third_party/incbin/incbin.h"

INCBIN(incbin_${MODEL}, "${MODEL_PATH}");

#define ${MODEL}     gincbin_${MODEL}Data
#define ${MODEL}_len gincbin_${MODEL}Size
const unsigned int ${MODEL}_arena_size = 262144;

#endif
`;
}
