#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include "native-host/commands/completions.hpp"
#include "native-host/commands/manual.hpp"
#include "native-host/commands/tree.hpp"

namespace skerry::commands {
namespace {

/// A command line with what is awkward for each of the writers.
struct Line {
  CLI::App app{"About it.\nAnd more.", "skerry"};
  program::Commands commands{app};
  std::string text;
  int number = 0;
  bool flag = false;

  Line() {
    app.add_option("--set", text, "One setting");
    CLI::App& first = commands.add("first", "Don't say `no`: it's a \\ test");
    first.add_flag("-f,--flag", flag, "A flag");
    first.add_option("--kind", text, "Which")->check(CLI::IsMember({"red", "green"}));
    CLI::App* inner = first.add_subcommand("inner", ".begins with a dot");
    inner->add_option("-n", number, "How many");
    commands.example("skerry first inner -n 3", "three of them");
    commands.example("skerry first --flag", "with the flag");
    commands.add("second", "Another").add_option("files", text, "Files");
    commands.note(first, "A note.\n");
    commands.finish();
  }
};

TEST_CASE("the tree has each command with its own flags, choices and examples") {
  const Line line;
  const auto root = tree_of(line.commands, {});
  CHECK(root.path == "skerry");
  REQUIRE(root.below.size() == 2);
  const auto& first = root.below[0];
  CHECK(first.path == "skerry first");
  REQUIRE(first.flags.size() == 3);  // --help is one
  CHECK(first.flags[1].names == std::vector<std::string>{"-f", "--flag"});
  CHECK(first.flags[1].value.empty());
  CHECK(first.flags[2].value == "TEXT");
  CHECK(first.flags[2].choices == std::vector<std::string>{"red", "green"});
  REQUIRE(first.examples.size() == 1);
  CHECK(first.examples[0].command == "skerry first --flag");
  REQUIRE(first.below.size() == 1);
  CHECK(first.below[0].examples[0].what == "three of them");
  CHECK(root.below[1].flags[1].names.empty());  // a word by itself
}

TEST_CASE("a command's help has its own examples, and one of each command below it") {
  Line line;
  const auto help = [&](std::initializer_list<const char*> path) {
    CLI::App* at = &line.app;
    for (const char* name : path) at = at->get_subcommand(name);
    return at->get_footer();
  };
  CHECK(help({"first", "inner"}) == "\nExamples:\n  skerry first inner -n 3  three of them\n");
  CHECK(help({"first"}).contains("skerry first --flag "));
  CHECK(help({"first"}).contains("skerry first inner -n 3"));
  CHECK(help({"first"}).ends_with("\nA note.\n"));
  CHECK(help({"second"}).empty());
  CHECK(!help({}).contains("inner"));
}

TEST_CASE("in the manual every text stands for itself") {
  const Line line;
  const auto page = manual(tree_of(line.commands, {}), {}, "1.2");
  CHECK(page.starts_with(".TH SKERRY 1 "));
  CHECK(page.contains("\nDon't say \\(gano\\(ga: it's a \\e test.\n"));
  CHECK(page.contains("\n\\&.begins with a dot.\n"));
  CHECK(page.contains("\n\\fB\\-f\\fR, \\fB\\-\\-flag\\fR\n"));
  CHECK(page.contains(".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nall well.\n"));
}

TEST_CASE("the exit codes are those of exit.hpp") {
  using program::Exit;
  const auto codes = exit_codes();
  REQUIRE(codes.size() == 6);
  for (std::size_t i = 0; i < codes.size(); ++i) CHECK(codes[i].code == static_cast<int>(i));
  CHECK(static_cast<int>(Exit::running) == codes.back().code);
}

TEST_CASE("quotes and backslashes of a help break no script") {
  const Line line;
  const auto root = tree_of(line.commands, {});
  CHECK(zsh_completions(root, {}).contains(R"('first:Don'\''t say `no`: it'\''s a \ test')"));
  CHECK(fish_completions(root, {}).contains(R"(-d 'Don'\''t say `no`: it'\''s a \\ test')"));
  CHECK(bash_completions(root, {}).contains("'skerry first --kind') values='red green' ;;"));
}

}  // namespace
}  // namespace skerry::commands
