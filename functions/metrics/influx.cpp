#include "functions/metrics/influx.hpp"

#include <chrono>

namespace skerry::functions {
namespace {

void append_tag(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  ((line += ',') += name) += '=';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || c == ',' || c == '=') line += '\\';
    line += byte < 0x20 || byte == 0x7f ? '_' : c;
  }
  if (line.back() == '\\') line.back() = '/';
}

}  // namespace

std::string influx_line(const metrics::RepositoryReport& report, std::string_view base_url,
                        std::string_view app_env, Time at) {
  std::string line = "backup_repository_report";
  append_tag(line, "base_url", base_url);
  append_tag(line, "app_env", app_env);
  line += " storage_declared_space=" + std::to_string(report.storage_declared_space);
  line += ",storage_used_space=" + std::to_string(report.storage_used_space);
  line += ",users_active_accounts=" + std::to_string(report.users_active_accounts);
  line += ",users_active_jwt_keys=" + std::to_string(report.users_active_jwt_keys);
  line += ",backup_versions=" + std::to_string(report.backup_versions);
  line += ",backup_collections=" + std::to_string(report.backup_collections);
  line += ",resources_tags=" + std::to_string(report.resources_tags);
  const std::chrono::nanoseconds since_1970 = at.time_since_epoch();
  return line + ' ' + std::to_string(since_1970.count());
}

}  // namespace skerry::functions
