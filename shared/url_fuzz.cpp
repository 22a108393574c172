#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "shared/http.hpp"
#include "shared/url.hpp"

using namespace skerry;

namespace {

std::optional<std::string> part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

void require(bool right) {
  if (!right) std::abort();
}

std::string packed(const std::string& address) {
  std::array<char, 16> bytes{};
  require(inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1);
  return {bytes.begin(), bytes.end()};
}

/// Whatever we take, libcurl takes, and finds the same in it: no request goes elsewhere than was judged.
void compare_with_curl(const Url& url, const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> other(curl_url(), &curl_url_cleanup);
  require(curl_url_set(other.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) == CURLUE_OK);
  require(part_of(other.get(), CURLUPART_SCHEME) == url.scheme());
  require(part_of(other.get(), CURLUPART_USER).value_or("") == url.user().value_or(""));
  require(part_of(other.get(), CURLUPART_PASSWORD).value_or("") == url.password().value_or(""));
  const auto host = part_of(other.get(), CURLUPART_HOST).value_or("");
  if (url.host().contains(':')) {
    require(host.starts_with('[') && packed(host.substr(1, host.size() - 2)) == packed(url.host()));
  } else {
    require(equal_ignoring_case(host, url.host()));
  }
  const auto port = part_of(other.get(), CURLUPART_PORT);
  require(port.has_value() == url.port().has_value());
  require(!port || std::stoi(*port) == *url.port());
  const auto path = part_of(other.get(), CURLUPART_PATH).value_or("");
  require(path == (url.path().empty() ? "/" : url.path()));
  require(part_of(other.get(), CURLUPART_QUERY).value_or("") == url.query().value_or(""));
  require(part_of(other.get(), CURLUPART_FRAGMENT).value_or("") == url.fragment().value_or(""));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto cut = cut_url(text);
  require(std::string(cut.origin) + std::string(cut.rest) == text);
  std::ignore = hide_url_password(text);
  if (const auto decoded = decode_segment(text)) require(decode_segment(encode_segment(*decoded)) == decoded);
  require(decode_segment(encode_segment(text)) == text);

  for (const auto& url : {Url::parse(text), Url::parse("http://" + text), Url::parse(text, "https")}) {
    if (!url) continue;
    const auto whole = url->text();
    require(Url::parse(whole) == url);
    require(Url::parse(url->shown()).has_value());
    require(Url::parse(url->origin()).has_value());
    require(Url::parse(url->origin())->origin() == url->origin());
    require(cut_url(whole).rest == url->rest());
    require(url->without_user_info().with_path("/").text().ends_with("/"));
    if (url->scheme() == "http" || url->scheme() == "https") compare_with_curl(*url, whole);
  }
  return 0;
}
