#include "stand_in.h"

namespace impulse {
namespace {

constexpr int32_t kCustomOperator = 32;

const char* const kUnresolved = "Encountered unresolved custom op: ";

tflite::Status Prepare(tflite::Context*, tflite::Node*) { return tflite::kOk; }
tflite::Status Invoke(tflite::Context*, tflite::Node*) { return tflite::kError; }

}  // namespace

tflite::Registration StandIn(const std::string& name) {
  tflite::Registration registration;
  registration.prepare = Prepare;
  registration.invoke = Invoke;
  registration.builtin_code = kCustomOperator;
  registration.custom_name = name.c_str();
  registration.version = 1;
  return registration;
}

bool IsStandIn(const tflite::Registration& registration) { return registration.invoke == Invoke; }

std::optional<std::string> UnresolvedOperator(const std::string& words) {
  const size_t at = words.find(kUnresolved);
  if (at == std::string::npos) return std::nullopt;
  const size_t from = at + std::string(kUnresolved).size();
  std::string name = words.substr(from, words.find('\n', from) - from);
  if (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

std::string UnresolvedWords(const std::string& name) { return kUnresolved + name + "."; }

}  // namespace impulse
