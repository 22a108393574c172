#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skerry::config {

/// A value as people may see it, and what was taken out of it.
struct Masked {
  std::string shown;
  std::vector<std::string> secrets = {};  ///< decoded, as a message may show them
};

/// A connection string of PostgreSQL, in either form (manual, 34.1.1), or any URL: its passwords are `***`,
/// found where its own parser finds them, not by their letters. Of http and https the user is hidden, too,
/// for it may be a token. So are values of parameters and keywords whose names say that they are secrets
/// (`password`, `sslpassword`, `oauth_client_secret`, `token`). Of what can't be parsed too much is hidden
/// rather than too little.
Masked mask_address(std::string_view text);

/// Any setting's value: what has a URL in it (`://`) as above, all other text as it is.
Masked mask_urls(std::string_view text);

}  // namespace skerry::config
