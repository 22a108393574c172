#include "native-host/broker/collectors.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "native-host/broker/layout.hpp"
#include "shared/url.hpp"

namespace skerry::broker {

std::span<const std::pair<std::string_view, std::string_view>> collector_files();

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Layout layout_of(Project project) {
  return project == Project::riperis ? Layout::riperis : Layout::routeviews;
}

/// What a file says of one collector; what it leaves out stays as it is.
struct Entry {
  std::string place;  ///< for messages
  std::string id;
  std::string project, url;
  std::optional<Layout> layout;
  CustomLayout custom;
  std::optional<bool> deprecated;
  bool disabled = false;
};

/// Reads the members of one object and remembers the first complaint.
class Reader {
 public:
  Reader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) complain("is not an object");
  }

  std::string text(const char* name) {
    const auto* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_string() || member->get_ref<const std::string&>().empty()) {
      complain(std::string("has a ") + name + " that is no string, or an empty one");
      return {};
    }
    return member->get<std::string>();
  }
  std::optional<std::int64_t> number(const char* name) {
    const auto* member = find(name);
    if (member == nullptr) return std::nullopt;
    if (!member->is_number_integer()) complain(std::string("has a ") + name + " that is no whole number");
    return member->is_number_integer() ? std::optional(member->get<std::int64_t>()) : std::nullopt;
  }
  /// The member as it is; nothing if there is none.
  const Json* any(const char* name) { return find(name); }
  std::optional<bool> flag(const char* name) {
    const auto* member = find(name);
    if (member == nullptr) return std::nullopt;
    if (!member->is_boolean()) complain(std::string("has a ") + name + " that is neither true nor false");
    return member->is_boolean() && member->get<bool>();
  }
  const Json::array_t& list(const char* name) {
    static const Json::array_t kNone;
    const auto* member = find(name);
    if (member == nullptr || !member->is_array()) {
      complain(std::string("has no array ") + name);
      return kNone;
    }
    return member->get_ref<const Json::array_t&>();
  }
  /// To be called last.
  Result<void> finish() {
    if (object_.is_object() && complaint_.empty()) {
      for (const auto& [name, value] : object_.items()) {
        if (!known_.contains(name)) complain("has the unknown member \"" + name + "\"");
      }
    }
    if (complaint_.empty()) return {};
    return fail(ErrorKind::usage, "collectors_invalid", place_ + " " + complaint_ + ".");
  }
  void complain(std::string complaint) {
    if (complaint_.empty()) complaint_ = std::move(complaint);
  }

 private:
  const Json* find(const char* name) {
    known_.insert(name);
    if (!object_.is_object()) return nullptr;
    const auto member = object_.find(name);
    return member == object_.end() ? nullptr : &*member;
  }

  const Json& object_;
  std::string place_;
  std::set<std::string, std::less<>> known_;
  std::string complaint_;
};

bool is_folder_pattern(std::string_view text) {
  // Looked at with its placeholders filled in, as the rest of a base.
  return text.ends_with('/') && !text.starts_with('/') && text.size() <= 200 &&
         normal_base("http://x/" + folder_of(text, std::chrono::year(2000) / 1)).has_value();
}

/// `{"rib": …, "update": …, "rib_seconds": …, "update_seconds": …}`
Result<CustomLayout> read_layout(const Json& json, const std::string& place) {
  Reader reader(json, place);
  CustomLayout layout;
  const auto read = [&](const char* folder, const char* seconds, std::string& pattern, Seconds& cadence) {
    pattern = reader.text(folder);
    const auto number = reader.number(seconds);
    if (pattern.empty() && !number) return;
    if (pattern.empty() || !number) {
      reader.complain(std::string("needs both ") + folder + " and " + seconds);
    } else if (!is_folder_pattern(pattern)) {
      reader.complain(std::string("has a ") + folder + " that is no folder like {year}.{month}/RIBS/");
    } else if (*number < 60 || *number > 86'400) {
      reader.complain(std::string("has ") + seconds + " that are not from 60 to 86400");
    } else {
      cadence = Seconds(*number);
    }
  };
  read("rib", "rib_seconds", layout.rib, layout.rib_cadence);
  read("update", "update_seconds", layout.update, layout.update_cadence);
  if (layout.rib.empty() && layout.update.empty()) reader.complain("needs a folder rib or update");
  if (auto finished = reader.finish(); !finished) return std::unexpected(finished.error());
  return layout;
}

/// `project` is that of the surrounding object of the v2 form, or empty.
Result<Entry> read_entry(const Json& json, const std::string& where, const std::string& project) {
  Entry entry;
  entry.place = where;
  if (json.is_object() && json.contains("id") && json["id"].is_string()) {
    entry.place += " (" + json["id"].get<std::string>() + ")";
  }
  Reader reader(json, entry.place);
  entry.id = reader.text("id");
  entry.project = project.empty() ? reader.text("project") : project;
  if (const auto* layout = reader.any("layout"); layout != nullptr && layout->is_object()) {
    auto custom = read_layout(*layout, entry.place + ", layout");
    if (!custom) return std::unexpected(custom.error());
    entry.layout = Layout::custom;
    entry.custom = *std::move(custom);
  } else if (layout != nullptr) {
    const auto known = parse_project(reader.text("layout"));
    if (!known) reader.complain("has a layout that is neither riperis nor routeviews nor an object");
    entry.layout = layout_of(known.value_or(Project::riperis));
  }
  entry.url = reader.text("url");
  entry.deprecated = reader.flag("deprecated");
  entry.disabled = reader.flag("disabled").value_or(false);

  if (!is_name(entry.id))
    reader.complain("needs an id of 1 to 64 letters, digits, dots, dashes and underscores");
  if (const auto known = parse_project(entry.project)) entry.project = project_word(*known);
  if (!entry.project.empty() && !is_name(entry.project)) reader.complain("has an impossible project");
  if (!entry.url.empty()) {
    if (auto url = normal_base(entry.url)) {
      entry.url = *std::move(url);
    } else {
      reader.complain("has a url that is not like https://host/path");
    }
  }
  if (auto finished = reader.finish(); !finished) return std::unexpected(finished.error());
  return entry;
}

/// One line for each entry that can't be read, up to ten.
Result<void> read_list(const Json::array_t& list, const std::string& where, const std::string& project,
                       std::vector<Entry>& entries) {
  constexpr std::size_t kTold = 10;
  std::string complaints;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto entry = read_entry(list[i], where + " " + std::to_string(i + 1), project);
    if (entry) {
      entries.push_back(*std::move(entry));
    } else if (++bad <= kTold) {
      complaints.append(bad == 1 ? "" : "\n").append(entry.error().message);
    }
  }
  if (bad == 0) return {};
  if (bad > kTold) complaints += "\n" + std::to_string(bad - kTold) + " further entries can't be read.";
  return fail(ErrorKind::usage, "collectors_invalid", std::move(complaints));
}

Result<std::vector<Entry>> read_entries(std::string_view text, std::string_view source) {
  const auto prefix = std::string(source) + ": ";
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto line =
        1 + std::count(text.begin(),
                       text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size())), '\n');
    return fail(ErrorKind::usage, "collectors_invalid",
                prefix + "line " + std::to_string(line) + " is not JSON.");
  }

  std::vector<Entry> entries;
  if (json.is_array()) {
    auto read = read_list(json.get_ref<const Json::array_t&>(), prefix + "collector", "", entries);
    if (!read) return std::unexpected(read.error());
    return entries;
  }
  Reader root(json, prefix + "the file");
  const auto& projects = root.list("projects");
  if (auto finished = root.finish(); !finished) return std::unexpected(finished.error());
  for (std::size_t i = 0; i < projects.size(); ++i) {
    const auto where = prefix + "project " + std::to_string(i + 1);
    Reader project(projects[i], where);
    const auto name = project.text("name");
    if (name.empty()) project.complain("has no name");
    const auto& collectors = project.list("collectors");
    if (auto finished = project.finish(); !finished) return std::unexpected(finished.error());
    if (auto read = read_list(collectors, where + ", collector", name, entries); !read) {
      return std::unexpected(read.error());
    }
  }
  return entries;
}

Result<void> apply(const Entry& entry, std::vector<Collector>& collectors) {
  auto found = std::ranges::find(collectors, entry.id, &Collector::id);
  const bool is_new = found == collectors.end();
  if (entry.disabled) {
    if (!is_new) collectors.erase(found);
    return {};
  }
  if (is_new) {
    if (entry.project.empty() || entry.url.empty()) {
      return fail(ErrorKind::usage, "collectors_invalid",
                  entry.place + " is new and needs a project and a url.");
    }
    collectors.push_back({.id = entry.id,
                          .project = "",
                          .layout = Layout::riperis,
                          .url = "",
                          .deprecated = false,
                          .custom = {}});
    found = std::prev(collectors.end());
  }
  const auto project = parse_project(entry.project);
  if (entry.layout) {
    found->layout = *entry.layout;
    found->custom = entry.custom;
  } else if (project) {
    found->layout = layout_of(*project);
  } else if (!entry.project.empty() && entry.project != found->project) {
    return fail(ErrorKind::usage, "collectors_invalid",
                entry.place + " belongs to a project of its own and needs a layout.");
  }
  if (!entry.project.empty()) found->project = entry.project;
  if (!entry.url.empty()) found->url = entry.url;
  if (entry.deprecated) found->deprecated = *entry.deprecated;
  return {};
}

/// Another collector that reads a folder of this one's; null where there is none.
const Collector* read_by_another(std::string_view id, std::span<const Collector> collectors) {
  const auto one = std::ranges::find(collectors, id, &Collector::id);
  if (one == collectors.end()) return nullptr;
  const auto shares = [](const std::string& a, const std::string& b) { return !a.empty() && a == b; };
  const auto found = std::ranges::find_if(collectors, [&](const Collector& other) {
    if (other.id == one->id || other.url != one->url) return false;
    if (other.layout != Layout::custom || one->layout != Layout::custom) return true;
    return shares(other.custom.rib, one->custom.rib) || shares(other.custom.update, one->custom.update);
  });
  return found == collectors.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Collector> default_collectors() {
  return apply_collectors({}, collector_files().front().second, "collectors.json").value();
}

Result<std::vector<Collector>> apply_collectors(std::vector<Collector> base, std::string_view json,
                                                std::string_view source) {
  const auto entries = read_entries(json, source);
  if (!entries) return std::unexpected(entries.error());
  std::set<std::string_view> seen;
  for (const auto& entry : *entries) {
    if (!seen.insert(entry.id).second) {
      return fail(ErrorKind::usage, "collectors_invalid",
                  entry.place + " has an id that another one has already.");
    }
    if (auto applied = apply(entry, base); !applied) return std::unexpected(applied.error());
  }
  for (const auto& entry : *entries)
    if (const auto* other = read_by_another(entry.id, base))
      return fail(ErrorKind::usage, "collectors_invalid",
                  entry.place + " has the url of " + other->id +
                      ", so that both would read the same files: leave one out, or disable it.");
  std::ranges::sort(base, {}, &Collector::id);
  return base;
}

Result<std::vector<Collector>> load_collectors(const std::filesystem::path& path) {
  auto collectors = default_collectors();
  if (path.empty()) return collectors;
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    return fail(ErrorKind::usage, "collectors_invalid",
                "The collectors file " + path.string() + " can't be read.");
  }
  auto applied = apply_collectors(std::move(collectors), text, path.string());
  if (applied && applied->empty()) {
    return fail(ErrorKind::usage, "collectors_invalid",
                path.string() + ": every collector is disabled, so there is nothing to read.");
  }
  return applied;
}

std::vector<Collector> with_origin(std::vector<Collector> collectors, std::string_view origin) {
  while (origin.ends_with('/')) origin.remove_suffix(1);
  for (auto& collector : collectors) {
    if (collector.url.starts_with("file:")) continue;
    collector.url.replace(0, cut_url(collector.url).origin.size(), origin);
  }
  return collectors;
}

}  // namespace skerry::broker
