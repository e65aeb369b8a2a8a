#include "external_delegate.h"

#include <dlfcn.h>

#include <algorithm>
#include <type_traits>

#include "stand_in.h"

namespace impulse {
namespace {

using CreateDelegate = tflite::Delegate* (*)(char** keys, char** values, size_t count, void (*report)(const char*));

constexpr const char* kCreate = "tflite_plugin_create_delegate";
constexpr const char* kDestroy = "tflite_plugin_destroy_delegate";

/// The delegate's reporter is a plain function: what it reports belongs to the session whose thread this is.
thread_local ErrorLog* reports = nullptr;

void Report(const char* text) {
  if (reports != nullptr && text != nullptr) reports->Append(text);
}

void* OpenPlugin(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle != nullptr) return handle;
  const char* reason = dlerror();
  throw DelegateError(reason != nullptr ? reason : "the loader gives no reason");
}

template <typename Function>
void BindPlugin(void* handle, const char* name, Function*& slot) {
  slot = reinterpret_cast<Function*>(dlsym(handle, name));
  if (slot == nullptr) throw DelegateError(std::string("it is no library of a TFLite delegate: it lacks ") + name);
}

using Prepare = tflite::Status (*)(tflite::Context*, tflite::Delegate*);

/// What `Watch()` has seen so far, and the delegate's own function, which it stands before.
struct Watching {
  Prepare prepare;
  Share share;
};
thread_local Watching* watching = nullptr;

std::vector<int> PlanOf(tflite::Context* context) {
  tflite::IntArray* plan = nullptr;
  if (context->GetExecutionPlan(context, &plan) != tflite::kOk || plan == nullptr) return {};
  return {plan->data, plan->data + plan->size};
}

/// Called for each graph of a model. A delegate puts one new node in place of those that it takes.
tflite::Status WatchedPrepare(tflite::Context* context, tflite::Delegate* delegate) {
  const std::vector<int> before = PlanOf(context);
  const tflite::Status status = watching->prepare(context, delegate);
  const std::vector<int> after = PlanOf(context);
  const auto taken = std::count_if(before.begin(), before.end(), [&after](int node) {
    return std::find(after.begin(), after.end(), node) == after.end();
  });
  for (const int node : after) {
    tflite::Node* ignored = nullptr;
    tflite::Registration* operation = nullptr;
    if (context->GetNodeAndRegistration(context, node, &ignored, &operation) != tflite::kOk) continue;
    if (IsStandIn(*operation)) watching->share.unresolved = operation->custom_name;
  }
  watching->share.operators += before.size();
  watching->share.taken += static_cast<size_t>(taken);
  return status;
}

}  // namespace

ExternalDelegate::ExternalDelegate(const ExternalDelegateOptions& options, const Library& library, ErrorLog& log) {
  void* handle = OpenPlugin(options.path);
  std::remove_pointer_t<CreateDelegate>* create = nullptr;
  BindPlugin(handle, kCreate, create);
  BindPlugin(handle, kDestroy, destroy_);
  // The delegate may write where it is given `char*`.
  std::vector<std::pair<std::string, std::string>> pairs = options.options;
  std::vector<char*> keys;
  std::vector<char*> values;
  for (auto& [key, value] : pairs) {
    keys.push_back(key.data());
    values.push_back(value.data());
  }
  reports = &log;
  delegate_ = create(keys.data(), values.data(), pairs.size(), Report);
  if (delegate_ == nullptr) {
    reports = nullptr;
    throw DelegateError(log.Take("it could not be made, and its library gives no reason"));
  }
  if (delegate_->Prepare == nullptr && !library.HasOpaqueDelegates()) {
    destroy_(delegate_);
    reports = nullptr;
    throw DelegateError("it needs a newer TensorFlow Lite library than " + library.version);
  }
}

ExternalDelegate::~ExternalDelegate() {
  destroy_(delegate_);
  reports = nullptr;
}

std::optional<Share> ExternalDelegate::Watch(const std::function<void()>& build) {
  if (delegate_->Prepare == nullptr) {
    build();
    return std::nullopt;
  }
  struct Watcher {
    explicit Watcher(tflite::Delegate* delegate) : delegate(delegate), seen{delegate->Prepare, {}} {
      watching = &seen;
      delegate->Prepare = WatchedPrepare;
    }
    ~Watcher() {
      delegate->Prepare = seen.prepare;
      watching = nullptr;
    }
    tflite::Delegate* delegate;
    Watching seen;
  } watcher(delegate_);
  build();
  return watcher.seen.share;
}

}  // namespace impulse
