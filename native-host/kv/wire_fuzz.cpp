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

std::unique_ptr<kv::Store> open_store() {
  auto path = std::filesystem::temp_directory_path() / ("skerry-wire-fuzz-" + std::to_string(::getpid()));
  auto store = kv::Store::open({.path = path});
  if (!store) __builtin_trap();
  // The connections stay; the folder is clean even when the fuzzer is killed.
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.native() + suffix);
  return std::move(*store);
}

}  // namespace

/// The first line of the input is a method and a target, the rest a body: whatever they are, the answer is a
/// response of the protocol, and what is JSON parses.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto store = open_store();
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto line = input.substr(0, input.find('\n'));
  Request request;
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(std::min(line.find(' '), line.size() - (line.empty() ? 0 : 1)));
  request.body = input.substr(std::min(line.size() + 1, input.size()));
  request.headers.add("cf-kv-metadata", R"({"a":1})");
  auto response = kv::handle(request, *store, Time{});
  if (response.status >= 500) __builtin_trap();
  if (response.headers.get("content-type") == "application/json" &&
      !nlohmann::json::accept(response.body.view()))
    __builtin_trap();
  return 0;
}
