// SPDX-License-Identifier: BSL-1.0
// Whether the head of an HTTP message begins a WebSocket for MQTT: RFC 6455 section 4, line by line, with strings.
// Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_WS_HEAD_HPP
#define HUBWIRE_FUZZ_REFERENCE_WS_HEAD_HPP

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct ws_head {
  enum state_type { incomplete, good, bad };
  state_type state = incomplete;
  unsigned status = 0;   // of an answer; what to answer to a bad request
  std::size_t size = 0;  // of a good head

  friend bool operator==(ws_head const&, ws_head const&) = default;
};

inline std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

inline std::string stripped(std::string text) {
  std::size_t const begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

inline bool lists(std::string const& text, std::string const& word) {
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(',', begin);
    std::string const part = text.substr(begin, end == std::string::npos ? end : end - begin);
    if (lowered(stripped(part)) == word) return true;
  }
  return false;
}

class ws_head_judge {
 public:
  explicit ws_head_judge(bool is_answer, std::string accept_or_path)
      : is_answer_(is_answer), wanted_(std::move(accept_or_path)) {}

  ws_head judge(std::string_view input) {
    ws_head seen;
    std::string line;
    for (std::size_t at = 0; at != input.size(); ++at) {
      auto const c = static_cast<unsigned char>(input[at]);
      bool const after_return = !line.empty() && line.back() == '\r';
      bool const allowed = after_return ? c == '\n' : c == '\t' || c == '\r' || (c >= 32 && c != 127);
      bool const fits =
          after_return || (first_ ? may_be_first(line, input[at]) : may_be_field(line, input[at]));
      if (at == 8192 || !allowed || !fits) return bad(seen);
      if (!after_return) {
        line += input[at];
        continue;
      }
      line.pop_back();
      if (line.empty()) {
        if (!is_complete()) return bad(seen);
        return {ws_head::good, is_answer_ ? 101u : 0u, at + 1};
      }
      bool const fine = first_ ? take_first(line, seen) : take(line);
      if (!fine) return bad(seen);
      first_ = false;
      line.clear();
    }
    seen.state = ws_head::incomplete;
    return seen;
  }

 private:
  ws_head bad(ws_head seen) const {
    seen.state = ws_head::bad;
    if (!is_answer_) seen.status = other_version_ ? 426 : 400;
    return seen;
  }

  // Whether a line may go on with c: what is wrong is refused where it stands.
  bool may_be_first(std::string const& line, char c) const {
    std::string const begin = is_answer_ ? "HTTP/1.0 000" : "GET";
    if (line.size() > begin.size()) return true;
    if (line.size() == begin.size()) return c == ' ' || c == '\r';
    char const wanted = begin[line.size()];
    return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;  // '0' is any digit
  }
  static bool may_be_field(std::string const& line, char c) {
    if (line.find(':') != std::string::npos) return true;
    if (c == ':' || c == '\r') return line.empty() == (c == '\r');
    return c > 32 && c < 127 && std::string("\"(),/;<=>?@[\\]{}").find(c) == std::string::npos;
  }

  bool take_first(std::string const& line, ws_head& seen) const {
    if (!is_answer_) {
      if (line.size() > 128) return false;
      std::size_t const blank = line.find(' ', 4);
      if (line.compare(0, 5, "GET /") != 0 || blank == std::string::npos) return false;
      std::string const path = line.substr(4, blank - 4);
      return line.substr(blank + 1) == "HTTP/1.1" && path.substr(0, path.find('?')) == wanted_;
    }
    seen.status = static_cast<unsigned>(std::stoi(line.substr(9, 3)));
    return seen.status == 101 && line[7] == '1';
  }

  bool take(std::string const& line) {
    std::size_t const colon = line.find(':');
    if (colon >= 128) return false;
    std::string const name = lowered(line.substr(0, colon));
    std::string const value = line.size() > 128 ? std::string() : stripped(line.substr(colon + 1));
    fields_[name].push_back(value);
    return is_answer_ ? fits_an_answer(name, value) : fits_a_request(name, value);
  }
  bool fits_an_answer(std::string const& name, std::string const& value) {
    if (name == "upgrade") return lowered(value) == "websocket";
    if (name == "sec-websocket-accept") return value == wanted_ && fields_[name].size() == 1;
    if (name == "sec-websocket-protocol") return value == "mqtt" && fields_[name].size() == 1;
    return name != "sec-websocket-extensions";
  }
  bool fits_a_request(std::string const& name, std::string const& value) {
    if (name == "host") return fields_[name].size() == 1;
    if (name == "sec-websocket-version") {
      other_version_ = value != "13";
      return !other_version_ && fields_[name].size() == 1;
    }
    if (name != "sec-websocket-key") return true;
    // 16 bytes are 22 digits, the last of which has four bits that are 0, and "==".
    std::string const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return fields_[name].size() == 1 && value.size() == 24 && value.substr(22) == "==" &&
           value.find_first_not_of(digits) == 22 && digits.find(value[21]) % 16 == 0;
  }
  bool lists_one(std::string const& name, std::string const& word) const {
    auto const found = fields_.find(name);
    if (found == fields_.end()) return false;
    for (std::string const& value : found->second)
      if (lists(value, word)) return true;
    return false;
  }
  bool is_complete() const {
    if (first_ || !lists_one("connection", "upgrade") || !lists_one("upgrade", "websocket")) return false;
    if (!lists_one("sec-websocket-protocol", "mqtt")) return false;
    if (is_answer_) return fields_.count("sec-websocket-accept") == 1;
    return fields_.count("host") + fields_.count("sec-websocket-key") +
               fields_.count("sec-websocket-version") ==
           3;
  }

  bool is_answer_;
  std::string wanted_;
  bool first_ = true;
  bool other_version_ = false;
  std::map<std::string, std::vector<std::string>> fields_{};
};

}  // namespace reference

#endif
