#include "native-host/program/routes.hpp"

#include <algorithm>
#include <utility>

#include "shared/negotiation.hpp"
#include "shared/routes.hpp"

namespace skerry::program {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace

Routes::Mounted& Routes::mount(std::string_view owner, std::string_view name, http::Handler handler) {
  auto& mounted = *mounted_.emplace_back(std::make_unique<Mounted>());
  mounted.routes = this;
  mounted.owner = owner;
  mounted.meter = std::make_unique<RequestMeter>(*registry_, std::string(name));
  mounted.handler = std::move(handler);
  mounted.handler.observe = mounted.meter->observer();
  return mounted;
}

Routes::Mounted& Routes::Mounted::path(const std::string& path) {
  if (path.ends_with("/*"))
    routes->claim(routes->prefixes_, path.substr(0, path.size() - 1), *this, "*");
  else
    routes->claim(routes->paths_, path, *this);
  return *this;
}

Routes::Mounted& Routes::Mounted::html_path(const std::string& path) {
  routes->claim(routes->html_, path, *this, " as HTML");
  return *this;
}

Routes::Mounted& Routes::Mounted::host(std::string_view name) {
  routes->claim(routes->hosts_, lower(name), *this);
  return *this;
}

void Routes::claim(Table& table, const std::string& what, const Mounted& by, std::string_view end) {
  const auto [at, fresh] = table.emplace(what, &by);
  if (fresh || at->second == &by) return;
  auto& conflict = conflicts_.emplace_back(at->second->owner);
  conflict.append(" and ").append(by.owner).append(" both want to serve ").append(what).append(end) += '.';
}

Result<void> Routes::close() const {
  if (conflicts_.empty()) return {};
  std::string message;
  for (const auto& conflict : conflicts_) message.append(message.empty() ? "" : " ").append(conflict);
  return fail(ErrorKind::usage, "route_claimed_twice", std::move(message));
}

const http::Handler* Routes::find(const Request& head) const {
  if (!hosts_.empty()) {
    if (const auto found = hosts_.find(lower(host_name(head))); found != hosts_.end())
      return &found->second->handler;
  }
  const auto path = head.path();
  if (const auto found = html_.find(path);
      found != html_.end() && prefers_html(head.headers.joined("Accept")))
    return &found->second->handler;
  if (const auto found = paths_.find(path); found != paths_.end()) return &found->second->handler;
  for (auto end = path.rfind('/'); end != std::string_view::npos && !prefixes_.empty();
       end = end == 0 ? std::string_view::npos : path.rfind('/', end - 1)) {
    if (const auto found = prefixes_.find(path.substr(0, end + 1)); found != prefixes_.end())
      return &found->second->handler;
  }
  return nullptr;
}

std::string Routes::places(std::string_view address) const {
  std::string text;
  for (const auto& [place, shown] : shown_) {
    const auto& [words, path] = shown;
    const bool first = text.empty();
    text.append(first ? "" : ", ").append(words);
    if (!address.empty()) text.append(first ? " is at " : " at ").append(address).append(path);
  }
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() += 'A' - 'a';
  return text;
}

}  // namespace skerry::program
