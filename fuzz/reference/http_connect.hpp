// SPDX-License-Identifier: BSL-1.0
// What a proxy answers to CONNECT, read line by line from the whole text: RFC 9112 sections 4 and 5, RFC 9110
// sections 9.3.6 and 15. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_HTTP_CONNECT_HPP
#define HUBWIRE_FUZZ_REFERENCE_HTTP_CONNECT_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace reference {

struct proxy_answer {
  enum class kind { incomplete, opened, refused, wrong, too_long };
  kind what = kind::incomplete;
  std::size_t at = 0;   // the byte that decided
  unsigned status = 0;  // of the first line that is complete and not interim
};

class proxy_answer_reader {
 public:
  proxy_answer_reader(std::string_view text, std::size_t most) : text_(text), most_(most) {}

  proxy_answer read() {
    for (int interim = 0; answer_.what == kind::incomplete; ++interim) {
      if (!read_status_line()) break;
      bool const skipped = code_[0] == '1' && code_ != "101";
      if (!skipped && at_ <= most_) answer_.status = static_cast<unsigned>(std::stoul(code_));
      if (!skipped && code_[0] != '2') {
        decide(kind::refused, at_ - 1);
        break;
      }
      while (read_field()) {}
      if (!ended_) break;
      if (!skipped) decide(kind::opened, at_ - 1);
      if (skipped && interim == 8) decide(kind::wrong, at_ - 1);
    }
    bool const in_time = answer_.what != kind::incomplete && answer_.at < most_;
    if (!in_time && text_.size() > most_) answer_.what = kind::too_long;
    return answer_;
  }

 private:
  using kind = proxy_answer::kind;

  void decide(kind what, std::size_t at) {
    if (answer_.what != kind::incomplete) return;
    answer_.what = what;
    answer_.at = at;
  }
  static bool is_control(char c) { return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127; }
  static bool is_digit(char c) { return std::string_view("0123456789").find(c) != std::string_view::npos; }
  static bool is_token_character(char c) {
    bool const visible = c > 32 && c < 127;
    return visible && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  }

  // Up to the first control character, which has to be the CR of a CRLF.
  std::string_view line_here() const {
    std::string_view const rest = text_.substr(at_);
    auto const end = std::find_if(rest.begin(), rest.end(), is_control);
    return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  }
  bool read_line_end(std::size_t size) {
    at_ += size;
    for (char const wanted : {'\r', '\n'}) {
      if (at_ == text_.size()) return false;
      if (text_[at_] != wanted) {
        decide(kind::wrong, at_);
        return false;
      }
      ++at_;
    }
    return true;
  }
  // The line has something wrong at a place, or stops before one that has to be there.
  bool fails_at(std::size_t offset) {
    if (at_ + offset < text_.size()) decide(kind::wrong, at_ + offset);
    return false;
  }

  bool read_status_line() {
    std::string_view const line = line_here();
    std::string_view const form = "HTTP/1.0 000";
    for (std::size_t i = 0; i != form.size(); ++i) {
      bool const good =
          i < line.size() && (is_digit(form[i]) && i > 6 ? is_digit(line[i]) : line[i] == form[i]);
      if (!good) return fails_at(i);
    }
    if (line.size() > 12 && line[12] != ' ') return fails_at(12);
    code_ = line.substr(9, 3);
    return read_line_end(line.size());
  }

  // True when another line follows; ended_ after the empty one.
  bool read_field() {
    ended_ = false;
    std::string_view const line = line_here();
    if (line.empty()) {
      ended_ = read_line_end(0);
      return false;
    }
    std::size_t name = 0;
    while (name != line.size() && is_token_character(line[name])) ++name;
    if (name == 0 || name == line.size() || line[name] != ':') return fails_at(name);
    return read_line_end(line.size());
  }

  std::string_view text_;
  std::size_t most_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::string code_{};
  proxy_answer answer_{};
};

inline proxy_answer read_proxy_answer(std::string_view text, std::size_t most) {
  return proxy_answer_reader(text, most).read();
}

}  // namespace reference

#endif
