#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skerry {

/// SHA-256 (FIPS 180-4), for modules, where no library of cryptography is.
class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;
  static constexpr std::size_t kBlock = 64;

  void update(std::string_view bytes);
  /// Ends this use: what follows is another message.
  Digest finish();

 private:
  void take(const std::uint8_t* block);

  static constexpr std::array<std::uint32_t, 8> kStart{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint32_t, 8> state_ = kStart;
  std::array<std::uint8_t, kBlock> block_{};
  std::uint64_t size_ = 0;
};

Sha256::Digest sha256(std::string_view bytes);

/// HMAC (RFC 2104) with SHA-256, of a message that comes in pieces.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  void update(std::string_view piece) { hash_.update(piece); }
  /// Once.
  Sha256::Digest finish();

 private:
  std::array<char, Sha256::kBlock> outer_;
  Sha256 hash_;
};

/// HMAC over the parts one behind the other.
Sha256::Digest hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

/// Lower-case, two digits a byte.
std::string hexadecimal(const Sha256::Digest& digest);

}  // namespace skerry
