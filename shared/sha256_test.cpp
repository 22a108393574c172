#include "shared/sha256.hpp"

#include <random>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace skerry {
namespace {

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_CASE("SHA-256 of the standard's examples") {
  const std::string million(1'000'000, 'a');
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [text, digest] : cases) CHECK(hexadecimal(sha256(text)) == digest);
}

TEST_CASE("HMAC of RFC 4231's examples") {
  struct Example {
    std::string key;
    std::string text;
    std::string_view digest;
  };
  const Example examples[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& [key, text, digest] : examples) CHECK(hexadecimal(hmac_sha256(key, {text})) == digest);
}

TEST_CASE("both agree with OpenSSL for every length, in any parts") {
  std::mt19937 random(42);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same texts in every run
  for (std::size_t size = 0; size < 300; ++size) {
    CAPTURE(size);
    const std::string text = random_text(random, size);
    Sha256::Digest expected{};
    REQUIRE(EVP_Digest(text.data(), size, expected.data(), nullptr, EVP_sha256(), nullptr) == 1);
    CHECK(sha256(text) == expected);

    const std::size_t cut = random() % (size + 1);
    Sha256 hash;
    for (int again = 0; again < 2; ++again) {
      hash.update(std::string_view(text).substr(0, cut));
      hash.update(std::string_view(text).substr(cut));
      CHECK(hash.finish() == expected);
    }

    const std::string key = random_text(random, size);
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), size, expected.data(), nullptr);
    CHECK(hmac_sha256(key, {text.substr(0, cut), "", text.substr(cut)}) == expected);
  }
}

}  // namespace
}  // namespace skerry
