#include "native-host/program/settings.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/config/config.hpp"

namespace skerry::program {
namespace {

TEST_CASE("two addresses that one can't listen at both") {
  struct Case {
    const char* one;
    const char* other;
    bool clash;
  };
  for (const auto& [one, other, clash] : std::vector<Case>{
           {"127.0.0.1:80", "127.0.0.1:80", true},
           {"127.0.0.1:80", "127.0.0.1:81", false},
           {"127.0.0.1:80", "127.0.0.2:80", false},
           {":80", "127.0.0.1:80", true},
           {"127.0.0.1:80", "0.0.0.0:80", true},
           {"[::]:80", "[::1]:80", true},
           {"[0:0::0]:80", "127.0.0.1:80", true},
           {"[::ffff:0.0.0.0]:80", "127.0.0.1:80", true},
           {"[::ffff:127.0.0.1]:80", "127.0.0.1:80", true},
           {"[::ffff:7f00:1]:80", "127.0.0.1:80", true},
           {"[2001:DB8::1]:80", "[2001:db8:0::1]:80", true},
           {"[2001:db8::1]:80", "[2001:db8::2]:80", false},
           {"localhost:80", "127.0.0.1:80", true},
           {"LocalHost:80", "[::1]:80", true},
           {"localhost:80", "127.0.0.2:80", false},
           {"localhost:80", "localhost:80", true},
           {"a.example:80", "b.example:80", false},
           {"a.example:80", "A.example:80", true},
           {"a.example:80", "192.0.2.1:80", false},
           {"127.0.0.1:0", "127.0.0.1:0", false},
           {"unix:/a", "unix:/a", true},
           {"unix:/a", "unix:/b", false},
           {"unix:/a", "unix:/b/../a", true},
           {"unix:a", "unix:./a", true},
           {"unix:/a", "unix://a", true},
           {"unix:/a", ":80", false},
       }) {
    CAPTURE(one);
    CAPTURE(other);
    CHECK(listen_addresses_clash(one, other) == clash);
    CHECK(listen_addresses_clash(other, one) == clash);
  }
}

TEST_CASE("TLS needs both of its files, and a redirection needs TLS") {
  auto schema = std::make_shared<config::Schema>();
  schema->tables.push_back(settings_table());
  struct Case {
    std::string file;
    const char* words;  ///< of the error; empty: none
  };
  for (const auto& [file, words] : std::vector<Case>{
           {"", ""},
           {"[tls]\ncertificate = \"a\"\nkey = \"b\"\nredirect_listen = \":80\"", ""},
           {"[tls]\ncertificate = \"a\"", "f:2: \"tls.certificate\" and \"tls.key\" go together"},
           {"[tls]\nkey = \"a\"", "f:2: \"tls.certificate\" and \"tls.key\" go together"},
           {"[tls]\nredirect_listen = \":80\"", "f:2: \"tls.redirect_listen\" leads to https"},
       }) {
    CAPTURE(file);
    const auto loaded =
        config::load(schema, {.file_name = "f", .file = file, .environment = {}, .flags = {}});
    const auto said = loaded ? std::string() : loaded.error().message;
    CHECK(said.empty() == std::string(words).empty());
    CHECK_MESSAGE(said.starts_with(words), said);
  }
}

}  // namespace
}  // namespace skerry::program
