#include "shared/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace skerry {
namespace {

constexpr std::array<std::uint32_t, 64> kRounds{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::string_view text_of(const Sha256::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

static_assert(std::endian::native == std::endian::little);

std::uint32_t big_endian(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, 4);
  return std::byteswap(value);
}

}  // namespace

void Sha256::take(const std::uint8_t* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) w[i] = big_endian(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3U);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10U);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRounds[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = std::exchange(g, std::exchange(f, std::exchange(e, d + t1)));
    d = std::exchange(c, std::exchange(b, std::exchange(a, t1 + t2)));
  }
  const std::array<std::uint32_t, 8> words{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < words.size(); ++i) state_[i] += words[i];
}

void Sha256::update(std::string_view bytes) {
  const std::size_t used = size_ % kBlock;
  size_ += bytes.size();
  if (used > 0) {
    const std::size_t fills = std::min(bytes.size(), kBlock - used);
    std::memcpy(block_.data() + used, bytes.data(), fills);
    bytes.remove_prefix(fills);
    if (used + fills < kBlock) return;
    take(block_.data());
  }
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) {
    take(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  }
  if (!bytes.empty()) std::memcpy(block_.data(), bytes.data(), bytes.size());
}

Sha256::Digest Sha256::finish() {
  const std::uint64_t bits = std::byteswap(size_ * 8);
  const std::size_t used = size_ % kBlock;
  static constexpr std::array<char, kBlock> kPadding{'\x80'};
  update({kPadding.data(), (used < 56 ? 56 : 120) - used});
  char tail[8];
  std::memcpy(tail, &bits, 8);
  update({tail, 8});
  Digest digest;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    const std::uint32_t word = std::byteswap(state_[i]);
    std::memcpy(digest.data() + 4 * i, &word, 4);
  }
  *this = {};
  return digest;
}

Sha256::Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

HmacSha256::HmacSha256(std::string_view key) : outer_{} {
  Sha256::Digest short_key;
  if (key.size() > Sha256::kBlock) {
    short_key = sha256(key);
    key = text_of(short_key);
  }
  auto inner = outer_;
  std::ranges::copy(key, inner.begin());
  std::ranges::transform(inner, outer_.begin(), [](char c) { return static_cast<char>(c ^ '\x5c'); });
  std::ranges::transform(inner, inner.begin(), [](char c) { return static_cast<char>(c ^ '\x36'); });
  hash_.update({inner.data(), inner.size()});
}

Sha256::Digest HmacSha256::finish() {
  const Sha256::Digest inner = hash_.finish();
  hash_.update({outer_.data(), outer_.size()});
  hash_.update(text_of(inner));
  return hash_.finish();
}

Sha256::Digest hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  HmacSha256 hash(key);
  for (const std::string_view part : parts) hash.update(part);
  return hash.finish();
}

std::string hexadecimal(const Sha256::Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

}  // namespace skerry
