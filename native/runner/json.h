// The little JSON that the runner's protocol needs: writing objects, and reading its requests.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace json {

inline std::string Quoted(const char* text) {
  std::string quoted = "\"";
  for (const char* c = text == nullptr ? "" : text; *c != '\0'; c++) {
    const auto byte = static_cast<unsigned char>(*c);
    if (byte == '"' || byte == '\\') quoted += '\\';
    if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      quoted += escape;
    } else {
      quoted += *c;
    }
  }
  return quoted + '"';
}

/// With as many digits as a double needs to come back the same; JSON has no NaN or infinity.
inline std::string Number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof(text), "%.17g", value);
  return text;
}

class Object {
 public:
  void Add(const char* key, const std::string& text) {
    members_ += (members_.empty() ? "" : ",") + Quoted(key) + ":" + text;
  }
  void String(const char* key, const char* value) { Add(key, Quoted(value)); }
  void String(const char* key, const std::string& value) { Add(key, Quoted(value.c_str())); }
  void Number(const char* key, double value) { Add(key, json::Number(value)); }
  void Integer(const char* key, int64_t value) { Add(key, std::to_string(value)); }
  void Bool(const char* key, bool value) { Add(key, value ? "true" : "false"); }
  std::string Text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

class Array {
 public:
  void Add(const std::string& text) { items_ += (items_.empty() ? "" : ",") + text; }
  void String(const char* value) { Add(Quoted(value)); }
  void Number(double value) { Add(json::Number(value)); }
  std::string Text() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

struct Request {
  enum Kind { kUnknown, kHello, kClassify, kClassifyContinuous, kSetThreshold };
  Kind kind = kUnknown;
  /// JSON, with an integer id.
  bool valid = false;
  int64_t id = 0;
  std::vector<float> features;
  /// set_threshold: its block, and the names and values to set.
  int64_t block_id = 0;
  std::vector<std::pair<std::string, double>> numbers;
};

/// Cuts a stream into requests: whatever stands between the braces of one object, strings understood.
class Reader {
 public:
  void Feed(const char* data, size_t size) { buffer_.append(data, size); }
  bool TooLong() const { return buffer_.size() > (32u << 20); }

  /// False: no whole request is there yet.
  bool Next(Request& request) {
    const size_t begin = buffer_.find('{');
    if (begin == std::string::npos) {
      buffer_.clear();
      scanned_ = 0;
      return false;
    }
    if (begin > 0) {
      buffer_.erase(0, begin);
      scanned_ = 0;
    }
    if (scanned_ == 0) {
      depth_ = 0;
      in_string_ = escaped_ = false;
    }
    for (; scanned_ < buffer_.size(); scanned_++) {
      if (!Ends(buffer_[scanned_])) continue;
      const std::string text = buffer_.substr(0, scanned_ + 1);
      buffer_.erase(0, scanned_ + 1);
      scanned_ = 0;
      request = Parser(text).Parse();
      return true;
    }
    return false;
  }

 private:
  bool Ends(char c) {
    if (in_string_) {
      if (escaped_) escaped_ = false;
      else if (c == '\\') escaped_ = true;
      else if (c == '"') in_string_ = false;
      return false;
    }
    if (c == '"') in_string_ = true;
    if (c == '{') depth_++;
    return c == '}' && --depth_ == 0;
  }

  /// Reads `{"name": value, ...}` where a value is a number, a string, a bool, a list of numbers or such an object.
  class Parser {
   public:
    explicit Parser(const std::string& text) : at_(text.c_str()), end_(at_ + text.size()) {}

    Request Parse() {
      Request request;
      bool has_id = false;
      const bool whole = Members([&](const std::string& key) {
        if (key == "id") return has_id = Integer(request.id);
        if (key == "hello") return request.kind = Request::kHello, Skip();
        if (key == "classify") return request.kind = Request::kClassify, Numbers(request.features);
        if (key == "classify_continuous") {
          return request.kind = Request::kClassifyContinuous, Numbers(request.features);
        }
        if (key == "set_threshold") return request.kind = Request::kSetThreshold, Thresholds(request);
        return Skip();
      });
      request.valid = whole && has_id;
      return request;
    }

   private:
    template <typename Read>
    bool Members(Read read) {
      if (!Take('{')) return false;
      if (Take('}')) return true;
      do {
        std::string key;
        if (!Text(key) || !Take(':') || !read(key)) return false;
      } while (Take(','));
      return Take('}');
    }

    bool Thresholds(Request& request) {
      return Members([&](const std::string& key) {
        if (key == "id") return Integer(request.block_id);
        if (key == "type") return Skip();
        double value = 0;
        if (!Double(value)) return false;
        request.numbers.emplace_back(key, value);
        return true;
      });
    }

    bool Numbers(std::vector<float>& numbers) {
      if (!Take('[')) return false;
      if (Take(']')) return true;
      do {
        double value = 0;
        if (!Double(value)) return false;
        numbers.push_back(static_cast<float>(value));
      } while (Take(','));
      return Take(']');
    }

    bool Skip() {
      Space();
      if (at_ == end_) return false;
      if (*at_ == '{') return Members([this](const std::string&) { return Skip(); });
      std::string text;
      if (*at_ == '"') return Text(text);
      if (*at_ == '[') {
        Take('[');
        if (Take(']')) return true;
        do {
          if (!Skip()) return false;
        } while (Take(','));
        return Take(']');
      }
      for (const char* word : {"true", "false", "null"}) {
        const size_t length = std::strlen(word);
        if (static_cast<size_t>(end_ - at_) >= length && std::strncmp(at_, word, length) == 0) {
          at_ += length;
          return true;
        }
      }
      double value = 0;
      return Double(value);
    }

    /// Keys of the protocol are plain; an escape is kept as it is written.
    bool Text(std::string& text) {
      if (!Take('"')) return false;
      for (; at_ < end_ && *at_ != '"'; at_++) {
        text += *at_;
        if (*at_ == '\\' && at_ + 1 < end_) text += *++at_;
      }
      return Take('"');
    }

    bool Integer(int64_t& value) {
      double number = 0;
      if (!Double(number) || number != std::floor(number) || std::fabs(number) > 9e15) return false;
      value = static_cast<int64_t>(number);
      return true;
    }

    bool Double(double& value) {
      Space();
      char* after = nullptr;
      value = std::strtod(at_, &after);
      if (after == at_ || !std::isfinite(value)) return false;
      at_ = after;
      return true;
    }

    bool Take(char c) {
      Space();
      if (at_ == end_ || *at_ != c) return false;
      at_++;
      return true;
    }

    void Space() {
      while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) at_++;
    }

    const char* at_;
    const char* end_;
  };

  std::string buffer_;
  size_t scanned_ = 0;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace json
