// A TFLite delegate without hardware. What it does is said by its options:
//   claims=<name>     the custom operators that it takes, or 'all'; by default none
//   answer=<number>   what it computes: every element of its outputs
//   dynamic=yes       it lets another delegate have what it leaves
//   opaque=yes       it is made for newer libraries only
//   journal=<file>    made, prepared and destroyed are written there, a line each
//   fail=create       it can't be made, and says with which options
//   fail=prepare      it can't be applied, and says so in the interpreter's way
//   fail=silently     it can't be made, and does not say why
//   fail=run          its runs fail
//   crash=open        being made ends the process
//   crash=run         so does a run
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/common.h"

#define EXPORT __attribute__((visibility("default")))

typedef struct {
  TfLiteDelegate delegate;
  char claims[64];
  char fail[16];
  char crash[16];
  char journal[512];
  float answer;
} Fake;

static void Note(const Fake* fake, const char* what) {
  if (fake->journal[0] == '\0') return;
  FILE* file = fopen(fake->journal, "a");
  if (file == NULL) return;
  fprintf(file, "%s\n", what);
  fclose(file);
}

static void Crash(void) {
  // A debugger, or a sanitizer, may have handlers.
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
}

typedef struct {
  const Fake* fake;
  int output_count;
  int outputs[16];
} Kernel;

static void* InitKernel(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context;
  (void)length;
  const TfLiteDelegateParams* params = (const TfLiteDelegateParams*)(const void*)buffer;
  Kernel* kernel = calloc(1, sizeof(Kernel));
  kernel->fake = (const Fake*)params->delegate->data_;
  for (int i = 0; i < params->output_tensors->size && i < 16; i++) {
    kernel->outputs[kernel->output_count++] = params->output_tensors->data[i];
  }
  return kernel;
}

static void FreeKernel(TfLiteContext* context, void* kernel) {
  (void)context;
  free(kernel);
}

static TfLiteStatus PrepareKernel(TfLiteContext* context, TfLiteNode* node) {
  (void)context;
  (void)node;
  return kTfLiteOk;
}

static TfLiteStatus InvokeKernel(TfLiteContext* context, TfLiteNode* node) {
  const Kernel* kernel = (const Kernel*)node->user_data;
  if (strcmp(kernel->fake->crash, "run") == 0) Crash();
  if (strcmp(kernel->fake->fail, "run") == 0) {
    context->ReportError(context, "the imaginary chip is too hot (%d degrees)", 99);
    return kTfLiteError;
  }
  for (int i = 0; i < kernel->output_count; i++) {
    TfLiteTensor* tensor = &context->tensors[kernel->outputs[i]];
    for (size_t k = 0; k < tensor->bytes / sizeof(float); k++) tensor->data.f[k] = kernel->fake->answer;
  }
  return kTfLiteOk;
}

static int Claims(const Fake* fake, const TfLiteRegistration* registration) {
  if (strcmp(fake->claims, "all") == 0) return 1;
  return registration->custom_name != NULL && strcmp(registration->custom_name, fake->claims) == 0;
}

static TfLiteStatus PrepareDelegate(TfLiteContext* context, TfLiteDelegate* delegate) {
  const Fake* fake = (const Fake*)delegate->data_;
  Note(fake, "prepared");
  if (strcmp(fake->fail, "prepare") == 0) {
    context->ReportError(context, "the imaginary chip does not answer");
    return kTfLiteDelegateError;
  }
  TfLiteIntArray* plan;
  if (context->GetExecutionPlan(context, &plan) != kTfLiteOk) return kTfLiteError;
  TfLiteIntArray* claimed = malloc(sizeof(TfLiteIntArray) + sizeof(int) * (size_t)plan->size);
  claimed->size = 0;
  for (int i = 0; i < plan->size; i++) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    if (context->GetNodeAndRegistration(context, plan->data[i], &node, &registration) != kTfLiteOk) continue;
    if (Claims(fake, registration)) claimed->data[claimed->size++] = plan->data[i];
  }
  TfLiteRegistration kernel = {0};
  kernel.init = InitKernel;
  kernel.free = FreeKernel;
  kernel.prepare = PrepareKernel;
  kernel.invoke = InvokeKernel;
  kernel.custom_name = "ImaginaryChip";
  kernel.version = 1;
  const TfLiteStatus status = context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, claimed, delegate);
  free(claimed);
  return status;
}

static void Copy(char* to, size_t size, const char* from) { snprintf(to, size, "%s", from); }

EXPORT TfLiteDelegate* tflite_plugin_create_delegate(char** keys, char** values, size_t count,
                                                     void (*report_error)(const char*)) {
  Fake* fake = calloc(1, sizeof(Fake));
  char options[512] = "";
  int opaque = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t used = strlen(options);
    snprintf(options + used, sizeof(options) - used, " %s=%s", keys[i], values[i]);
    if (strcmp(keys[i], "claims") == 0) Copy(fake->claims, sizeof(fake->claims), values[i]);
    if (strcmp(keys[i], "fail") == 0) Copy(fake->fail, sizeof(fake->fail), values[i]);
    if (strcmp(keys[i], "crash") == 0) Copy(fake->crash, sizeof(fake->crash), values[i]);
    if (strcmp(keys[i], "journal") == 0) Copy(fake->journal, sizeof(fake->journal), values[i]);
    if (strcmp(keys[i], "answer") == 0) fake->answer = strtof(values[i], NULL);
    if (strcmp(keys[i], "opaque") == 0) opaque = 1;
    if (strcmp(keys[i], "dynamic") == 0) fake->delegate.flags = kTfLiteDelegateFlagsAllowDynamicTensors;
  }
  if (strcmp(fake->crash, "open") == 0) Crash();
  if (strcmp(fake->fail, "create") == 0 || strcmp(fake->fail, "silently") == 0) {
    if (strcmp(fake->fail, "create") == 0) {
      char text[600];
      snprintf(text, sizeof(text), "no imaginary chip is connected; options:%s", options);
      report_error(text);
    }
    free(fake);
    return NULL;
  }
  fake->delegate.data_ = fake;
  if (!opaque) fake->delegate.Prepare = PrepareDelegate;
  Note(fake, "made");
  return &fake->delegate;
}

EXPORT void tflite_plugin_destroy_delegate(TfLiteDelegate* delegate) {
  Fake* fake = (Fake*)delegate->data_;
  Note(fake, "destroyed");
  free(fake);
}
