#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "native-host/kv/wire.hpp"

using namespace skerry;

namespace {

/// A store in a folder that goes with the process.
class Scratch {
 public:
  Scratch() {
    auto opened = kv::Store::open({.path = folder_ / "kv.sqlite"});
    if (!opened) __builtin_trap();
    store_ = std::move(*opened);
  }
  ~Scratch() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  kv::Store& store() { return *store_; }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("skerry-wire-fuzz-" + std::to_string(::getpid()));
  std::unique_ptr<kv::Store> store_;
};

}  // namespace

/// The first line of the input is a method and a target, the rest a body: whatever they are, the answer is a
/// response of the protocol, and what is JSON parses.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scratch scratch;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto line = input.substr(0, input.find('\n'));
  Request request;
  request.method = line.substr(0, line.find(' '));
  request.target = "/" + std::string(line.substr(std::min(line.size(), request.method.size() + 1)));
  request.body = input.substr(std::min(line.size() + 1, input.size()));
  request.headers.add("cf-kv-metadata", R"({"a":1})");
  auto response = kv::handle(request, scratch.store(), Time{});
  if (response.status >= 500) __builtin_trap();
  if (response.headers.get("content-type") == "application/json" &&
      !nlohmann::json::accept(response.body.view()))
    __builtin_trap();
  return 0;
}
