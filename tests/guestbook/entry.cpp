#include "tests/guestbook/entry.hpp"

#include <nlohmann/json.hpp>

#include "native-host/postgres/connection.hpp"

namespace skerry::guestbook {
namespace {

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorKind::usage, "bad_entry", std::move(why));
}

}  // namespace

Result<Entry> parse_entry(std::string_view line) {
  if (line.size() > kLongestLine) return bad("An entry has at most 64 KiB.");
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return bad(R"(An entry is a JSON object: {"name": "Ada", "text": "I was here."}.)");
  const auto name = json.find("name");
  const auto text = json.find("text");
  if (name == json.end() || text == json.end() || !name->is_string() || !text->is_string())
    return bad("An entry has a name and a text.");
  Entry entry{.name = name->get<std::string>(), .text = text->get<std::string>()};
  if (entry.name.empty() || entry.name.size() > kLongestName) return bad("A name has 1 to 200 bytes.");
  if (entry.name.contains('\0') || entry.text.contains('\0')) return bad("An entry has no NUL.");
  return entry;
}

Result<void> EntryLines::add(std::string_view line, std::string& copy) {
  ++number_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return {};
  const auto entry = parse_entry(line);
  if (!entry) return bad("Line " + std::to_string(number_) + ": " + entry.error().message);
  postgres::append_copy_text(copy, entry->name);
  copy += '\t';
  postgres::append_copy_text(copy, entry->text);
  copy += '\n';
  return {};
}

Result<void> EntryLines::take(std::string_view piece, std::string& copy) {
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    auto line = piece.substr(0, end);
    if (!begun_.empty()) line = begun_.append(line);
    if (auto added = add(line, copy); !added) return added;
    begun_.clear();
    piece.remove_prefix(end + 1);
  }
  begun_.append(piece);
  return begun_.size() > kLongestLine ? add(begun_, copy) : Result<void>();
}

Result<void> EntryLines::end(std::string& copy) {
  return begun_.empty() ? Result<void>() : add(begun_, copy);
}

}  // namespace skerry::guestbook
