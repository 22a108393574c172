#include <cstddef>
#include <cstdint>
#include <string>

#include "native-host/config/config.hpp"
#include "native-host/config/masking.hpp"

using namespace skerry;

namespace {

struct Sample {
  std::string text = "x";
  std::string url;
  std::int64_t number = 1;
  std::int64_t bytes = 1024;
  bool flag = true;
  config::Duration time = std::chrono::seconds(1);
  std::vector<std::string> list;
  config::Secret secret;
};

constexpr FunctionSetting kFunction[] = {
    {.name = "number", .type = FunctionSetting::Type::number, .help = "h"},
    {.name = "list", .type = FunctionSetting::Type::prefixes, .help = "h"}};

std::shared_ptr<const config::Schema> schema() {
  using S = Sample;
  using config::field;
  auto table = config::Table::of<S>("sample");
  table.rows({{"text", field<&S::text>, "h"},
              {.name = "database_url", .field = field<&S::url>, .help = "h", .secrecy = config::Secrecy::url},
              {"update.number", field<&S::number>, "h", 0, 10},
              {.name = "update.bytes", .field = field<&S::bytes>, .help = "h", .unit = config::Unit::bytes},
              {"update.flag", field<&S::flag>, "h"},
              {"update.time", field<&S::time>, "h", 0, 1'000'000'000},
              {"list", field<&S::list>, "h"}});
  table.secret<&S::secret>("publish.token", "token", "h");
  table.foreign({{.name = "DATABASE_URL", .setting = "database_url"}});
  auto made = std::make_shared<config::Schema>();
  made->tables = {std::move(table)};
  made->functions = {{"latest", kFunction}};
  return made;
}

}  // namespace

/// Any file is settings within their limits, or an error that names the file's line; what was read is written
/// so that it reads back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = schema();
  config::Sources sources;
  sources.file_name = "f";
  sources.file = std::string(reinterpret_cast<const char*>(data), size);
  sources.environment = {{"DATABASE_URL", *sources.file}};
  const auto loaded = config::load(known, sources);
  if (!loaded && !loaded.error().message.starts_with("f:")) __builtin_trap();
  if (!loaded) return 0;
  Sample again;
  for (const auto& setting : known->tables[0].settings())
    if (!config::assign_text(setting, &again, config::to_text(setting, &loaded->get<Sample>())))
      __builtin_trap();
  config::describe(*loaded);
  config::mask_address(*sources.file);
  return 0;
}
