// SPDX-License-Identifier: BSL-1.0
#include "hex_text.hpp"

#include <algorithm>

namespace inspect {

namespace {

constexpr std::string_view ambiguous =
    "this may be an offset column or data: leave it out, or group all digits alike";

}  // namespace

bool hex_text::read(std::string_view piece, std::string& out) {
  while (!piece.empty())
    if (lines_.take(piece) && !take_line(out)) return false;
  return true;
}

bool hex_text::finish(std::string& out) {
  if (lines_.unfinished() && !take_line(out)) return false;
  if (form_ == form::held) return refuse(held_number_, {0, std::string(ambiguous)});
  if (fault const found = form_ == form::list ? list_.finish() : fault{}) return refuse(number_, found);
  if (fault const found = form_ == form::dump ? dump_.finish() : fault{}) return refuse(number_, found);
  if (fault const found = form_ == form::array ? array_.finish() : fault{}) return refuse(number_, found);
  return true;
}

bool hex_text::refuse(std::uint64_t line, fault const& why) {
  problem_ = "line " + std::to_string(line) + ", column " + std::to_string(why.at + 1) + ": " + why.reason;
  return false;
}

bool hex_text::take_line(std::string& out) {
  ++number_;
  std::string_view line = lines_.line();
  if (lines_.too_long()) return refuse(number_, {line.size(), "the line is too long for the limit"});
  std::size_t marks = 0;
  if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) marks = 3;  // UTF-8's byte order mark
  line.remove_prefix(marks);
  if (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF") || line.find('\0') != line.npos)
    return refuse(number_, {0, "this is UTF-16 or binary: save it as UTF-8, or leave out --hex"});
  if (form_ == form::held) return settle_held(line, out);
  std::size_t const before = out.size();
  fault found = read_line(line, out);
  if (!found) return true;
  out.resize(before);
  found.at += marks;
  return refuse(number_, found);
}

hex_text::form hex_text::form_of(std::string_view line) const noexcept {
  if (begins_buffer(line)) return form::buffers;
  if (begins_string(line)) return form::strings;
  if (hex_array::begins(line)) return form::array;
  switch (offset_column(line)) {
    case likeness::sure: return form::dump;
    case likeness::perhaps: return form::held;
    case likeness::none: break;
  }
  return form::list;
}

fault hex_text::read_line(std::string_view line, std::string& out) {
  if (std::all_of(line.begin(), line.end(), is_blank)) return dump_.blank_line(), fault{};
  if (form_ == form::unknown) form_ = form_of(line);
  switch (form_) {
    case form::unknown: break;
    case form::held:
      held_ = line;
      held_number_ = number_;
      break;
    case form::list: return list_.read(line, out);
    case form::dump: return dump_.read(line, out);
    case form::array: return array_.read(line, out);
    case form::strings: return read_strings(line, out);
    case form::buffers: return read_buffer(line, out);
  }
  return {};
}

// Two lines whose first words are offsets that fit are a dump. Anything else stays open.
bool hex_text::settle_held(std::string_view line, std::string& out) {
  if (std::all_of(line.begin(), line.end(), is_blank)) return true;
  std::string bytes;
  if (dump_.read(held_, bytes) || dump_.read(line, bytes))
    return refuse(held_number_, {0, std::string(ambiguous)});
  form_ = form::dump;
  out += bytes;
  return true;
}

}  // namespace inspect
