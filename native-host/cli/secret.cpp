#include "native-host/cli/secret.hpp"

namespace skerry::cli {

std::string read_secret(const publish::TokenSource& source, Report& report) {
  auto token = publish::read_token(source);
  if (token) return *std::move(token);
  if (!source.file.empty() || token.error().code != "token_missing")
    report.warning("secret_unreadable", token.error(), {{"setting", source.setting}});
  return {};
}

}  // namespace skerry::cli
