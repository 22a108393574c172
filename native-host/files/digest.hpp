#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace skerry::files {

/// SHA-256 piece by piece (OpenSSL, which is several times faster than the one that modules use).
class Digest {
 public:
  Digest();

  void update(std::string_view bytes);
  /// Of all pieces; lower-case, 64 digits. Ends this use: nothing may follow.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace skerry::files
