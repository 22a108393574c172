// Kills a writer of a file before and after each of its effects, and fails each of them (effects.c): the file
// is always the old one or the new one, and whoever was told that the new one is there finds it.
//
//   draft_faults EFFECTS.so             all of it
//   draft_faults write FILE TEXT        the writer
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "native-host/files/files.hpp"
#include "native-host/files/test_folder.hpp"
#include "native-host/process/process.hpp"

namespace fs = std::filesystem;
using namespace skerry;

namespace {

constexpr const char* kOld = "old";
constexpr const char* kNew = "new, and longer";
constexpr std::size_t kRecord = 1U << 16U;  // as effects.c has it

int write_file(const char* path, const char* text) {
  auto draft = files::Draft::begin(path);
  const std::string_view all = text;
  const bool done = draft && draft->write(all.substr(0, 3)) && draft->write(all.substr(3)) && draft->commit();
  return done ? 0 : 1;
}

struct Outcome {
  process::Status status;
  std::string effects;
};

class Bench {
 public:
  explicit Bench(std::string effects) : effects_(std::move(effects)) {}

  /// A writer with one more setting for effects.c, over a file that is the old one.
  Outcome write(const std::string& setting) {
    fs::remove_all(place());
    fs::create_directory(place());
    if (!files::write_atomically(file(), kOld)) throw std::runtime_error("can't write");
    const auto record = folder_.path / "record";
    if (!files::write_atomically(record, std::string(kRecord, '\0'))) throw std::runtime_error("can't write");
    auto child =
        process::Child::start({.arguments = {"/proc/self/exe", "write", file(), kNew},
                               .environment = {{"LD_PRELOAD=" + effects_, "EFFECTS_RECORD=" + record.string(),
                                                "EFFECTS_FOLDER=" + place().string(), setting}},
                               .error = {.kind = process::Stream::Kind::inherit}});
    if (!child) throw std::runtime_error(child.error().message);
    const auto status = child->wait().value();
    const auto text = files::read_whole(record).value();
    std::int64_t count = 0;
    std::memcpy(&count, text.data(), sizeof count);
    return {status, text.substr(sizeof count, static_cast<std::size_t>(count))};
  }

  [[nodiscard]] fs::path place() const { return folder_.path / "place"; }
  [[nodiscard]] fs::path file() const { return place() / "file"; }
  [[nodiscard]] std::size_t names() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(place()), {}));
  }

 private:
  files::TestFolder folder_;
  std::string effects_;
};

int failures = 0;
void expect(bool right, const std::string& setting, const char* what) {
  if (right) return;
  ++failures;
  fmt::print("{}: {}\n", setting, what);
}

int run_all(const std::string& effects) {
  Bench bench(effects);
  const auto whole = bench.write("EFFECTS_FAIL=0");
  expect(whole.status.ok(), "whole", "is not written");
  expect(whole.effects == "wwfrf", "whole", whole.effects.c_str());
  for (std::size_t step = 1; step <= whole.effects.size(); ++step) {
    const auto renamed = whole.effects.find('r') + 1;
    for (const auto* when : {"before", "after"}) {
      const auto setting = fmt::format("EFFECTS_KILL={}:{}", when, step);
      const auto outcome = bench.write(setting);
      expect(outcome.status.signalled, setting, "was not killed");
      const bool is_new = step > renamed || (step == renamed && std::string_view(when) == "after");
      expect(files::read_whole(bench.file()) == (is_new ? kNew : kOld), setting, "the file is another one");
      expect(files::sweep_drafts(bench.place()) == (is_new ? 0U : 1U), setting, "the draft can't be swept");
      expect(bench.names() == 1, setting, "something is left");
    }
    const auto setting = fmt::format("EFFECTS_FAIL={}", step);
    const auto outcome = bench.write(setting);
    expect(outcome.status == process::Status{.number = 1}, setting, "no failure is told");
    expect(files::read_whole(bench.file()) == (step > renamed ? kNew : kOld), setting,
           "the file is another one");
    expect(bench.names() == 1, setting, "something is left");
  }
  fmt::print("{} kills and failures: {} wrong\n", whole.effects.size() * 3, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 3 && words[0] == "write") return write_file(words[1].c_str(), words[2].c_str());
  if (words.size() == 1) return run_all(words[0]);
  return 2;
}
