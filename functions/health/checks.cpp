#include "functions/health/checks.hpp"

#include <algorithm>
#include <chrono>

#include "shared/health/document.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::functions {
namespace {

std::string too_old(std::string_view what, std::chrono::milliseconds age, Seconds limit) {
  return "The " + std::string(what) + " is " + std::to_string(floor<Seconds>(age).count()) +
         " s old, it should be at most " + std::to_string(limit.count()) + " s.";
}

/// `last_updated_at` stands before the rows, so that these are not looked at.
std::optional<Time> updated_at(std::string_view latest) {
  JsonSlicer members(latest);
  members.enter('{');
  while (const auto member = members.next()) {
    if (member->key == "last_updated_at") return parse_rfc3339(plain_string(member->value).value_or(""));
  }
  return std::nullopt;
}

/// `{"a":…,"b":…}` from what `value` appends for each check.
template <class Values>
void append_object(std::string& out, const auto& checks, bool bare, Values&& append_value) {
  out += bare ? "{" : "[{";
  for (bool first = true; const auto& check : checks) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, check.name);
    out += ':';
    append_value(check);
  }
  out += bare ? "}" : "}]";
}

}  // namespace

Checks::Checks() : checks_{{"storage", {}, {}}, {"database", {}, {}}} {}

void Checks::add(std::string_view name, bool passes, std::string_view message) {
  auto found = std::ranges::find(checks_, name, &Check::name);
  if (found == checks_.end()) found = checks_.insert(found, {std::string(name), {}, {}});
  found->passes = found->passes.value_or(true) && passes;
  if (!message.empty()) found->messages.emplace_back(message);
}

void Checks::add_self_check(const std::optional<std::string>& document, Time now, Seconds max_age) {
  if (!document) return add("self_check", false, "The native host has written no self-check.");
  const auto read = health::parse(*document);
  if (!read) return add("self_check", false, "The native host's self-check can't be read.");
  const auto age = now - read->checked_at;
  const bool fresh = age <= max_age && age >= -max_age;
  add("self_check", fresh, fresh ? "" : too_old("self-check", age, max_age));
  for (const auto& check : read->checks) {
    if (fresh) {
      add(check.name, check.ok, check.ok ? "" : check.message);
    } else {
      add(check.name, false, "Nothing is known about it since " + format_rfc3339(read->checked_at) + '.');
    }
  }
}

void Checks::add_view(const std::optional<std::string>& latest, Time now, Seconds promise) {
  if (!latest) return add("view", false, "There is no view.");
  const auto updated = updated_at(*latest);
  if (!updated) return add("view", false, "The view can't be read.");
  const auto age = now - *updated;
  add("view", age <= promise, age <= promise ? "" : too_old("view", age, promise));
}

bool Checks::all_pass() const {
  return std::ranges::all_of(checks_, [](const Check& check) { return check.passes.value_or(false); });
}

std::string Checks::render(bool bare) const {
  std::string out = R"({"status":)";
  append_object(out, checks_, bare,
                [&](const Check& check) { out += check.passes.value_or(false) ? "true" : "false"; });
  out += R"(,"messages":)";
  append_object(out, checks_, bare, [&](const Check& check) {
    out += '[';
    for (bool first = true; const std::string& message : check.messages) {
      if (!first) out += ',';
      first = false;
      append_json_string(out, message);
    }
    if (!check.passes) append_json_string(out, "Nothing is known about it.");
    out += ']';
  });
  out += all_pass() ? R"(,"global_status":true,"ident":["global_status=True")"
                    : R"(,"global_status":false,"ident":["global_status=False")";
  for (const Check& check : checks_) {
    out += ',';
    append_json_string(out, check.name + (check.passes.value_or(false) ? "=True" : "=False"));
  }
  return out + "]}";
}

}  // namespace skerry::functions
