#include "native-host/http/request_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "native-host/http/memory.hpp"

namespace skerry::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

// A request line holds a method and a version besides its target.
constexpr std::size_t kRequestLineSlack = 64;
// Of bytes before a request line: clients of old end a body with one that is none of it.
constexpr std::size_t kEmptyLines = 64;
// Memory of a body that is worth keeping for the next one.
constexpr std::size_t kKeptBody = std::size_t{16} * 1024;
// The shortest end of a chunked body: with less to read, Beast's assertions fail.
constexpr std::string_view kLastChunk = "0\r\n\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// `uri-host [":" port]` of RFC 9110 §7.2; empty is valid.
bool is_host(std::string_view text) {
  auto is_name_char = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos;
  };
  std::string_view port;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    auto literal = text.substr(1, end - 1);
    if (!std::ranges::all_of(literal, [](char c) { return is_hex(c) || c == ':' || c == '.' || c == 'v'; }))
      return false;
    port = text.substr(end + 1);
  } else {
    auto colon = text.find(':');
    if (!std::ranges::all_of(text.substr(0, colon), is_name_char)) return false;
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  return port.empty() ||
         (port[0] == ':' && port.size() <= 6 && std::ranges::all_of(port.substr(1), is_digit));
}

/// True if a request line ends with a version, even if not with one of ours.
bool names_version(std::string_view line) {
  auto version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]);
}

std::optional<std::string_view> without_scheme(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"})
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
  return std::nullopt;
}

/// What a line may hold outside of its end: no control characters but the tab (RFC 9110 §5.6.4).
bool is_line_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

/// True if every LF follows a CR, and no line begins with a blank: none is folded (RFC 9112 §5.2).
bool are_lines_plain(std::string_view lines) {
  for (auto at = lines.find('\n'); at != std::string_view::npos; at = lines.find('\n', at + 1)) {
    if (at == 0 || lines[at - 1] != '\r') return false;
    const auto next = at + 1 < lines.size() ? lines[at + 1] : 'a';
    if (next == ' ' || next == '\t') return false;
  }
  return true;
}

Refusal refuse(int status, std::string_view code, std::string_view message) {
  return {status, {std::string(code), std::string(message)}};
}
Refusal bad_request(std::string_view message) {
  return refuse(400, "bad_request", message);
}

std::string_view explain(const beast::error_code& ec) {
  switch (static_cast<error>(ec.value())) {
    case error::bad_method: return "The method is not a token, or no space follows it.";
    case error::bad_target: return "The request target holds a byte that must be percent-encoded.";
    case error::bad_field: return "A header field's name is malformed.";
    case error::bad_value: return "A header field's value is malformed.";
    case error::bad_content_length:
    case error::multiple_content_length: return "Content-Length is not one plain number.";
    case error::bad_transfer_encoding: return "Transfer-Encoding occurs twice or beside Content-Length.";
    case error::bad_chunk:
    case error::bad_chunk_extension: return "The chunked body is malformed.";
    default: return "The request is malformed.";
  }
}

class Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(Request& request, const RequestReader::Limits& limits) : request_(request), limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(boost::none);
  }

  std::optional<Refusal> refusal;
  std::uint64_t max_body_bytes = 0;
  std::string_view input;  // what the parser is being given
  bool expects_continue = false;
  bool http_1_0 = false;

 private:
  void refuse_with(Refusal why, beast::error_code& ec) {
    refusal = std::move(why);
    ec = error::bad_value;
  }

  /// Chunk extensions and trailers are dropped, but not without end.
  void count_framing(std::size_t bytes, beast::error_code& ec) {
    framing_bytes_ += bytes;
    if (framing_bytes_ > limits_.header_bytes)
      refuse_with(bad_request("The chunk extensions or the trailer are too long."), ec);
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       beast::error_code& ec) override {
    http_1_0 = version == 10;
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    request_.headers.reserve(16);
    if (target.size() > limits_.target_bytes)
      refuse_with(refuse(414, "target_too_long", "The request target is too long."), ec);
  }

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     beast::error_code& ec) override {
    if (is_header_done()) return count_framing(name.size() + value.size(), ec);  // a trailer
    request_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    if (field == beast::http::field::content_length) {
      if (std::exchange(has_length_, true))
        return refuse_with(bad_request("Content-Length occurs twice."), ec);
      // Beast takes a list of equal ones.
      if (value.empty() || !std::ranges::all_of(value, &http::is_digit))
        return refuse_with(bad_request("Content-Length is not one plain number."), ec);
    }
    if (field == beast::http::field::host && std::exchange(has_host_, true))
      return refuse_with(bad_request("Host occurs twice."), ec);
    if (field == beast::http::field::transfer_encoding) {
      if (!equal_ignoring_case({value.data(), value.size()}, "chunked"))
        return refuse_with(
            refuse(501, "transfer_coding_unknown", "The only transfer coding here is chunked."), ec);
      if (http_1_0) return refuse_with(bad_request("HTTP/1.0 has no Transfer-Encoding."), ec);
    }
    if (field == beast::http::field::expect) {
      if (!equal_ignoring_case({value.data(), value.size()}, "100-continue"))
        return refuse_with(refuse(417, "expectation_failed", "The only expectation here is 100-continue."),
                           ec);
      expects_continue = !http_1_0;
    }
  }

  void on_header_impl(beast::error_code& ec) override {
    if (request_.method == "CONNECT")
      return refuse_with(refuse(501, "method_unsupported", "This is no proxy: there is no CONNECT."), ec);
    auto host = request_.headers.get("host");
    if (!host && !http_1_0) return refuse_with(bad_request("There is no Host field."), ec);
    if (host && !is_host(*host)) return refuse_with(bad_request("The Host field is malformed."), ec);
    if (auto why = take_target()) return refuse_with(std::move(*why), ec);
  }

  /// Brings the target into origin form (or `*`).
  std::optional<Refusal> take_target() {
    auto& target = request_.target;
    if (target.starts_with('/')) return std::nullopt;
    if (target == "*" && request_.method == "OPTIONS") return std::nullopt;
    auto rest = without_scheme(target);
    if (!rest) return bad_request("The request target is neither a path nor an http URL.");
    auto end = std::min(rest->find_first_of("/?#"), rest->size());
    auto authority = rest->substr(0, end);
    if (authority.empty() || !is_host(authority)) return bad_request("The target's host is malformed.");
    request_.headers.set("Host", authority);
    auto path = std::string(rest->substr(end));
    target = path.starts_with('/') ? path : "/" + path;
    return std::nullopt;
  }

  void take_body(beast::string_view bytes, beast::error_code& ec) {
    if (bytes.size() > max_body_bytes - body_bytes_)
      return refuse_with(refuse(413, "body_too_large", "The body is too large."), ec);
    body_bytes_ += bytes.size();
    make_room(request_.body, bytes.size());
    request_.body.append(bytes.data(), bytes.size());
  }

  /// Doubles it, but not beyond what the body will take.
  void make_room(std::string& body, std::size_t more) const {
    const auto wanted = body.size() + more;
    if (wanted <= body.capacity()) return;
    const auto length = content_length();
    const auto most = length ? static_cast<std::size_t>(*length) : static_cast<std::size_t>(max_body_bytes);
    reserve_exactly(body, std::max(wanted, std::min(2 * body.capacity(), most)));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& ec) override {
    take_body(bytes, ec);
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t size, beast::string_view extensions,
                            beast::error_code& ec) override {
    if (size > max_body_bytes - body_bytes_)
      return refuse_with(refuse(413, "body_too_large", "The body is too large."), ec);
    if (!std::ranges::all_of(extensions, is_line_char))
      return refuse_with(bad_request("A chunk extension holds a control character."), ec);
    if (size == 0 && !is_trailer_plain(extensions))
      return refuse_with(bad_request("The trailer is malformed."), ec);
    count_framing(extensions.size(), ec);
  }

  /// Beast gives the last chunk's header when the whole trailer is there, and unfolds its fields.
  [[nodiscard]] bool is_trailer_plain(beast::string_view extensions) const {
    const auto rest = input.substr(static_cast<std::size_t>(extensions.end() - input.data()));
    return are_lines_plain(rest.substr(0, rest.find("\r\n\r\n")));
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, beast::error_code& ec) override {
    take_body(bytes, ec);
    return bytes.size();
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  void on_finish_impl(beast::error_code&) override {}

  Request& request_;
  const RequestReader::Limits& limits_;
  bool has_length_ = false;
  bool has_host_ = false;
  std::uint64_t body_bytes_ = 0;
  std::size_t framing_bytes_ = 0;
};

}  // namespace

struct RequestReader::Impl {
  explicit Impl(Limits of_all) : limits(of_all) { start(); }

  void start() {
    request.method.clear();
    request.target.clear();
    request.headers = {};
    request.body.clear();
    if (request.body.capacity() > kKeptBody) request.body.shrink_to_fit();
    parser.reset();
    skipped = 0;
    scanned = 0;
    line = 0;
    has_line = false;
  }

  [[nodiscard]] bool in_head() const { return !parser || !parser->is_header_done(); }

  /// The parser sees a head only when it is whole, so that its verdict doesn't depend on how the stream was
  /// cut.
  std::expected<std::size_t, Refusal> read_head(std::string_view bytes) {
    auto size = head_size(bytes);
    if (!size) return std::unexpected(std::move(size.error()));
    if (*size == 0) return 0;
    parser = std::make_unique<Parser>(request, limits);
    parser->eager(false);
    auto took = put(bytes.substr(0, *size));
    if (took && in_head()) return std::unexpected(bad_request("The request is malformed."));
    return took;
  }

  std::expected<std::size_t, Refusal> read_body(std::string_view bytes) {
    if (parser->chunked() && bytes.size() < kLastChunk.size()) return 0;
    auto took = put(bytes);
    if (took && !parser->is_done() && bytes.size() - *took > limits.header_bytes)
      return std::unexpected(bad_request("A chunk's head or the trailer is too long."));
    return took;
  }

  /// Bytes up to the empty line, 0 where that hasn't come; refuses early what can't become a head.
  std::expected<std::size_t, Refusal> head_size(std::string_view bytes) {
    if (!is_token(bytes.substr(0, 1))) return std::unexpected(bad_request("The method is not a token."));
    auto limit = std::min(bytes.size(), limits.header_bytes);
    for (auto at = bytes.find('\n', scanned); at < limit; at = bytes.find('\n', at + 1)) {
      if (!has_line && at > limits.target_bytes + kRequestLineSlack) break;
      if (bytes[at - 1] != '\r') return std::unexpected(bad_request("A line ends without CR."));
      if (!std::exchange(has_line, true) && !names_version(bytes.substr(0, at - 1)))
        return std::unexpected(bad_request("The request line doesn't end with a version."));
      if (bytes[line] == ' ' || bytes[line] == '\t')
        return std::unexpected(bad_request("A header field is folded over several lines."));
      line = at + 1;
      if (at >= 3 && bytes.substr(at - 3, 4) == "\r\n\r\n") return at + 1;
    }
    scanned = bytes.size();
    if (!has_line && bytes.size() > limits.target_bytes + kRequestLineSlack)
      return std::unexpected(refuse(414, "target_too_long", "The request line is too long."));
    if (bytes.size() >= limits.header_bytes)
      return std::unexpected(refuse(431, "headers_too_large", "The header fields are too large."));
    return 0;
  }

  std::expected<std::size_t, Refusal> put(std::string_view bytes) {
    beast::error_code ec;
    parser->input = bytes;
    auto took = parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (parser->refusal) return std::unexpected(*parser->refusal);
    if (ec == error::bad_version)
      return std::unexpected(refuse(505, "version_unsupported", "The server speaks HTTP/1.1."));
    if (ec && ec != error::need_more) return std::unexpected(bad_request(explain(ec)));
    return took;
  }

  Limits limits;
  Request request;
  std::unique_ptr<Parser>
      parser;               // once a head is whole: it takes 4 KiB, which an idle connection should not
  std::size_t skipped = 0;  // bytes of empty lines before a head
  std::size_t scanned = 0;  // bytes of a head in which no end was found
  std::size_t line = 0;     // where the first line among them begins that is not whole
  bool has_line = false;    // the request line among them is whole
};

RequestReader::RequestReader(Limits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

std::expected<std::size_t, Refusal> RequestReader::read(std::string_view bytes) {
  std::size_t took = 0;
  // RFC 9112 §2.2: empty lines before a request line are skipped.
  if (state() == State::head) {
    while (bytes.substr(took).starts_with("\r\n")) took += 2;
    impl_->skipped += took;
    if (impl_->skipped > kEmptyLines)
      return std::unexpected(bad_request("There are too many empty lines before a request."));
    if (took == bytes.size() || bytes.substr(took) == "\r") return took;

    auto step = impl_->read_head(bytes.substr(took));
    if (!step) return step;
    return took + *step;
  }
  while (took < bytes.size() && state() == State::body) {
    auto step = impl_->read_body(bytes.substr(took));
    if (!step) return step;
    if (*step == 0) break;
    took += *step;
  }
  return took;
}

RequestReader::State RequestReader::state() const {
  if (impl_->parser && impl_->parser->is_done()) return State::done;
  return impl_->in_head() ? State::head : State::body;
}

const Request& RequestReader::request() const {
  return impl_->request;
}
void RequestReader::set_client(std::string_view client) {
  impl_->request.client = client;
}

std::expected<void, Refusal> RequestReader::limit_body(std::uint64_t bytes) {
  auto& parser = *impl_->parser;
  if (parser.content_length().value_or(0) > bytes)
    return std::unexpected(refuse(413, "body_too_large", "The body is too large."));
  parser.max_body_bytes = bytes;
  parser.eager(true);
  return {};
}

bool RequestReader::expects_continue() const {
  return impl_->parser->expects_continue;
}
bool RequestReader::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestReader::is_http_1_0() const {
  return impl_->parser->http_1_0;
}
void RequestReader::take_piece(std::string& piece) {
  piece.clear();
  piece.swap(impl_->request.body);
}
std::optional<std::uint64_t> RequestReader::content_length() const {
  const auto length = impl_->parser->content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}
std::size_t RequestReader::body_capacity() const {
  return impl_->request.body.capacity();
}
Request RequestReader::take_request() {
  return std::move(impl_->request);
}

void RequestReader::next() {
  impl_->start();
}

}  // namespace skerry::http
