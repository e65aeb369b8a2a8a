#include "probe_library.h"

#include <string>
#include <utility>

#include "library.h"
#include "session_thread.h"

namespace impulse {
namespace {

/// In the pool that all share: it is short, and is done once or twice.
class ProbeWorker : public Napi::AsyncWorker {
 public:
  ProbeWorker(Napi::Env env, std::string path)
      : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), path_(std::move(path)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { library_ = &OpenLibrary(path_, StopSessionThreadsAtExit); }

  void OnOK() override {
    const Napi::Object facts = Napi::Object::New(Env());
    facts.Set("version", library_->version);
    facts.Set("xnnpack", library_->HasXnnpack());
    deferred_.Resolve(facts);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  const Napi::Promise::Deferred deferred_;
  const std::string path_;
  const Library* library_ = nullptr;
};

}  // namespace

Napi::Value ProbeLibrary(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "probeLibrary: path must be a string");
  auto* worker = new ProbeWorker(info.Env(), info[0].As<Napi::String>().Utf8Value());
  const Napi::Promise promise = worker->promise();
  worker->Queue();  // deletes itself when done
  return promise;
}

}  // namespace impulse
