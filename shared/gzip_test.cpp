#include "shared/gzip.hpp"

#include <limits>
#include <random>

#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr std::size_t kAmple = std::size_t{64} << 20;

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

std::string text_of(std::size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out += "rrc" + std::to_string(i * 7'919 % 1'000) + ",";
  out.resize(size);
  return out;
}

/// The error's code, or `ok`.
std::string outcome(const Result<std::string>& result) {
  return result ? "ok" : result.error().code;
}

TEST_CASE("round trips") {
  for (const std::size_t size : {0, 1, 2, 100, 16'383, 16'384, 16'385, 32'768, 65'537, 1'000'000}) {
    for (const int level : {1, 6, 9}) {
      CAPTURE(size);
      CAPTURE(level);
      for (const std::string& plain : {std::string(size, 'x'), text_of(size), random_bytes(size, level)}) {
        CHECK(gunzip(gzip(plain, level), kAmple) == plain);
      }
    }
  }
  CHECK(gzip(text_of(100'000), 6).size() < 50'000);
}

TEST_CASE("the bytes depend on nothing but the input and the level") {
  const std::string plain = text_of(50'000);
  CHECK(gzip(plain, 6) == gzip(std::string(plain), 6));
  // magic, deflate, no flags, no time, extra flags by level (2: best, 4: fastest), unknown operating system
  using namespace std::string_literals;
  CHECK(gzip("a", 6).substr(0, 10) == "\x1f\x8b\x08\0\0\0\0\0\0\xff"s);
  CHECK(gzip("a", 9).substr(0, 10) == "\x1f\x8b\x08\0\0\0\0\0\x02\xff"s);
  CHECK(gzip("a", 1).substr(0, 10) == "\x1f\x8b\x08\0\0\0\0\0\x04\xff"s);
}

TEST_CASE("the cap is exact") {
  for (const std::size_t size : {1, 100, 16'383, 16'384, 16'385, 65'536, 100'000}) {
    for (const std::string& plain : {std::string(size, 'x'), random_bytes(size, 1)}) {
      CAPTURE(size);
      const std::string packed = gzip(plain, 6);
      CHECK(gunzip(packed, size) == plain);
      CHECK(gunzip(packed, size + 1) == plain);
      CHECK(outcome(gunzip(packed, size - 1)) == "gzip_too_large");
      CHECK(outcome(gunzip(packed, 0)) == "gzip_too_large");
    }
  }
  CHECK(gunzip(gzip("", 6), 0) == "");
  CHECK(gunzip(gzip("a", 6), std::numeric_limits<std::size_t>::max()) == "a");
}

TEST_CASE("members are joined, and share the cap") {
  const std::string a = text_of(20'000), b = random_bytes(20'000, 2);
  const std::string packed = gzip(a, 6) + gzip("", 6) + gzip(b, 1);
  CHECK(gunzip(packed, 40'000) == a + b);
  CHECK(outcome(gunzip(packed, 39'999)) == "gzip_too_large");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += gzip("", 6);
  CHECK(gunzip(many, 0) == "");
  CHECK(gunzip(many + gzip("a", 6), 1) == "a");
}

TEST_CASE("a header with a name, a comment and extra bytes is read over") {
  using namespace std::string_literals;
  std::string packed = gzip("text", 6);
  packed[3] = 0x1c;  // FEXTRA, FNAME, FCOMMENT
  packed.insert(10, "\x03\0abcname.json\0comment\0"s);
  CHECK(gunzip(packed, 4) == "text");
}

TEST_CASE("a text that ends too early, at every offset") {
  for (const std::string& plain : {std::string(), text_of(3'000), random_bytes(500, 3)}) {
    const std::string packed = gzip(plain, 6);
    for (std::size_t n = 0; n < packed.size(); ++n) {
      CAPTURE(n);
      CHECK(outcome(gunzip(std::string_view(packed).substr(0, n), kAmple)) == "gzip_truncated");
    }
  }
  // in the second member too, behind its first bytes
  const std::string first = gzip("a", 6), both = first + gzip("b", 6);
  for (std::size_t n = first.size() + 1; n < both.size(); ++n) {
    CHECK(outcome(gunzip(std::string_view(both).substr(0, n), kAmple)) == "gzip_truncated");
  }
}

TEST_CASE("what is not gzip, or has something behind it") {
  using namespace std::string_literals;
  const std::string packed = gzip("text", 6);
  for (const std::string& bad :
       {"text"s, "\0\0"s, "\x1f\x8b\x07"s + packed.substr(3), "\x1f\x8c"s + packed.substr(2),
        packed + "garbage", packed + "\0\0\0\0"s, "\n" + packed,
        "\x78\x9c\x2b\x49\xad\x28\x01\0\x04\x5d\x01\xc1"s /* zlib */, packed.substr(10) /* bare deflate */,
        packed.substr(0, 3) + '\xe0' + packed.substr(4) /* reserved flags */}) {
    CAPTURE(bad);
    CHECK(outcome(gunzip(bad, kAmple)) == "gzip_invalid");
  }
}

TEST_CASE("no damaged byte changes the text unnoticed") {
  const std::string plain = text_of(400);
  const std::string packed = gzip(plain, 6);
  int refused = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto result = gunzip(damaged, kAmple);
      CAPTURE(at);
      CHECK((!result || *result == plain));
      refused += result ? 0 : 1;
    }
  }
  CHECK(refused > static_cast<int>(packed.size() - 10) * 8 - 8);  // time, extra flags and system may be any
}

TEST_CASE("a bomb is stopped at the cap") {
  const std::string bomb = gzip(std::string(std::size_t{20} << 20, '\0'), 9);
  CHECK(bomb.size() < 30'000);
  CHECK(outcome(gunzip(bomb, 1'000)) == "gzip_too_large");
  std::string chain;
  for (int i = 0; i < 50; ++i) chain += bomb;  // 1 GB
  CHECK(outcome(gunzip(chain, std::size_t{1} << 20)) == "gzip_too_large");
}

}  // namespace
}  // namespace skerry
