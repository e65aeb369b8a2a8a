// A custom operator that the library lacks, in whose place a delegate is to put its own. Most delegates are asked only
// after the whole graph was prepared once, and an operator that nobody registered can't be.
#pragma once

#include <optional>
#include <string>

#include "error_log.h"
#include "tflite_api.h"

namespace impulse {

/// The library's description of one: it can be prepared, and not run. The name must outlive the interpreter.
tflite::Registration StandIn(const std::string& name);
bool IsStandIn(const tflite::Registration& registration);

/// The custom operator that the library says it lacks.
std::optional<std::string> UnresolvedOperator(const std::string& words);

/// How the library says it.
std::string UnresolvedWords(const std::string& name);

}  // namespace impulse
