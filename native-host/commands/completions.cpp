#include "native-host/commands/completions.hpp"

#include <algorithm>
#include <functional>

#include "native-host/config/reference.hpp"

namespace skerry::commands {
namespace {

constexpr std::string_view kMade =
    "# Made by `skerry completions`; what it knows is what the program knows.\n";
constexpr std::string_view kSetFlag = "--set";

/// In single quotes, for any of the shells: bash and zsh take '\'' for a quote, and so does fish.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out + "'";
}

/// Bash and zsh take every character between the quotes as it is, also a backslash.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void walk(const Command& command, const std::function<void(const Command&)>& visit) {
  visit(command);
  for (const Command& each : command.below) walk(each, visit);
}

/// Of a command and of all above it: a flag may stand behind any command below its own.
std::vector<Flag> flags_at(const Command& root, std::string_view path) {
  std::vector<Flag> flags;
  walk(root, [&](const Command& command) {
    if (path == command.path || path.starts_with(command.path + " "))
      for (const Flag& flag : command.flags)
        if (!flag.names.empty() &&
            std::ranges::none_of(flags, [&](const Flag& known) { return known.names == flag.names; }))
          flags.push_back(flag);
  });
  return flags;
}

std::string words_of(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

std::vector<std::string> settings_of(const config::Schema& schema) {
  std::vector<std::string> names;
  for (const auto& row : config::reference(schema))
    if (row.in_file) names.push_back(row.name + "=");
  return names;
}

/// Which flags take a value, whatever the command.
std::vector<std::string> with_value(const Command& root) {
  std::vector<std::string> names;
  walk(root, [&](const Command& command) {
    for (const Flag& flag : command.flags)
      if (!flag.value.empty())
        for (const auto& name : flag.names)
          if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  });
  return names;
}

/// `skerry)` and `'skerry events')`: how bash and zsh find the command that the words so far call. `names` is
/// a shell function's variable.
std::string path_loop(const Command& root, std::string_view words, std::string_view from,
                      std::string_view to) {
  std::string known;
  walk(root, [&](const Command& command) {
    if (command.path != root.path) known += (known.empty() ? "" : "|") + in_quotes(command.path);
  });
  std::string out;
  out += "  for ((i = " + std::string(from) + "; i < " + std::string(to) + "; i++)); do\n";
  out += "    word=${" + std::string(words) + "[i]}\n";
  out += "    case $word in\n      " + words_of(with_value(root), "|") + ") ((i++)) ;;\n";
  out += "      -*) ;;\n";
  out += "      *) case \"$at $word\" in " + known + ") at=\"$at $word\" ;; esac ;;\n";
  out += "    esac\n  done\n";
  return out;
}

/// Flags with choices, as cases `'skerry up --archive') values='auto real' ;;`.
std::string value_cases(const Command& root, std::string_view assign) {
  std::string out;
  walk(root, [&](const Command& command) {
    for (const Flag& flag : flags_at(root, command.path))
      for (const auto& name : flag.names)
        if (!flag.choices.empty())
          out += "    " + in_quotes(command.path + " " + name) + ") " + std::string(assign) +
                 words_of(flag.choices) + std::string(assign.ends_with('(') ? ")" : "'") + " ;;\n";
  });
  return out;
}

}  // namespace

std::string bash_completions(const Command& root, const config::Schema& schema) {
  std::string out(kMade);
  out +=
      "_skerry() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at=skerry word i values= "
      "flags=\n"
      "  COMPREPLY=()\n";
  out += path_loop(root, "COMP_WORDS", "1", "COMP_CWORD");
  out += "  case \"$at $before\" in\n";
  out += value_cases(root, "values='");
  out += "    *' --set') values='" + words_of(settings_of(schema)) + "' ;;\n";
  out += "  esac\n";
  out +=
      "  if [[ -n $values ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
      "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null\n"
      "    return\n"
      "  fi\n";
  out += "  case $before in\n    " + words_of(with_value(root), "|") +
         ") mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n  esac\n";
  out += "  case $at in\n";
  walk(root, [&](const Command& command) {
    std::vector<std::string> words;
    std::vector<std::string> flags;
    words.reserve(command.below.size());
    for (const Command& each : command.below) words.push_back(each.name);
    for (const Flag& flag : flags_at(root, command.path))
      std::ranges::copy(flag.names, std::back_inserter(flags));
    for (const Flag& flag : command.flags)
      if (flag.names.empty()) std::ranges::copy(flag.choices, std::back_inserter(words));
    out += "    " + in_quotes(command.path) + ") values='" + words_of(words) + "' flags='" + words_of(flags) +
           "' ;;\n";
  });
  out +=
      "  esac\n"
      "  # Flags where one is begun, or there is nothing else.\n"
      "  [[ $cur != -* && -n $values ]] || values=$flags\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
      "}\n"
      "complete -o default -F _skerry skerry\n";
  return out;
}

std::string zsh_completions(const Command& root, const config::Schema& schema) {
  // `_describe` takes `name:help`; a colon in either is escaped.
  const auto item = [](std::string_view name, std::string_view help) {
    std::string text(name);
    for (std::size_t i = 0; (i = text.find(':', i)) != std::string::npos; i += 2) text.insert(i, "\\");
    return literal(text + ":" + std::string(help));
  };
  std::string out = "#compdef skerry\n" + std::string(kMade);
  out +=
      "_skerry() {\n"
      "  local at=skerry word before=${words[CURRENT-1]}\n"
      "  local -i i\n"
      "  local -a commands flags values\n";
  out += path_loop(root, "words", "2", "CURRENT");
  out += "  case \"$at $before\" in\n";
  out += value_cases(root, "values=(");
  out += "    *' --set') values=(" + words_of(settings_of(schema)) + ")\n";
  out += "      compadd -S '' -- $values; return ;;\n  esac\n";
  out += "  if (( $#values )); then compadd -- $values; return; fi\n";
  out += "  case $before in\n    " + words_of(with_value(root), "|") + ") _files; return ;;\n  esac\n";
  out += "  case $at in\n";
  walk(root, [&](const Command& command) {
    out += "    " + in_quotes(command.path) + ")\n      commands=(";
    for (const Command& each : command.below) out += "\n        " + item(each.name, each.help);
    for (const Flag& flag : command.flags)
      if (flag.names.empty())
        for (const auto& choice : flag.choices) out += "\n        " + item(choice, flag.help);
    out += ")\n      flags=(";
    for (const Flag& flag : flags_at(root, command.path))
      for (const auto& name : flag.names) out += "\n        " + item(name, flag.help);
    out += ") ;;\n";
  });
  out +=
      "  esac\n"
      "  (( $#commands )) && _describe -t commands command commands\n"
      "  if [[ $PREFIX == -* ]] || (( ! $#commands )); then _describe -t flags flag flags; fi\n"
      "  (( $#commands )) || _files\n"
      "}\n"
      "if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _skerry \"$@\"; else compdef _skerry skerry; "
      "fi\n";
  return out;
}

std::string fish_completions(const Command& root, const config::Schema& schema) {
  std::string known;
  walk(root, [&](const Command& command) {
    if (command.path != root.path) known += " " + in_quotes(command.path);
  });
  std::string out(kMade);
  out += "function __skerry_at --description 'The command that the words so far call'\n";
  out += "    set -l at skerry\n    set -l skip 0\n";
  out += "    for word in (commandline -opc)[2..-1]\n";
  out += "        if test $skip = 1\n            set skip 0\n            continue\n        end\n";
  out += "        switch $word\n            case " + words_of(with_value(root)) +
         "\n                set skip 1\n            case '-*'\n            case '*'\n"
         "                if contains -- \"$at $word\"" +
         known + "\n                    set at \"$at $word\"\n                end\n        end\n    end\n";
  out += "    test \"$at\" = \"$argv\"\nend\n";
  out += "complete -c skerry -e\n";
  walk(root, [&](const Command& command) {
    const auto at = "complete -c skerry -n " + in_quotes("__skerry_at " + command.path);
    for (const Command& each : command.below)
      out += at + " -f -a " + in_quotes(each.name) + " -d " + in_quotes(each.help) + "\n";
    for (const Flag& flag : command.flags)
      if (flag.names.empty() && !flag.choices.empty())
        out += at + " -f -a " + in_quotes(words_of(flag.choices)) + " -d " + in_quotes(flag.help) + "\n";
    for (const Flag& flag : flags_at(root, command.path)) {
      std::string line = at;
      for (const auto& name : flag.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!flag.choices.empty())
        line += " -x -a " + in_quotes(words_of(flag.choices));
      else if (std::ranges::find(flag.names, kSetFlag) != flag.names.end())
        line += " -x -a " + in_quotes(words_of(settings_of(schema)));
      else if (!flag.value.empty())
        line += " -r";
      out += line + " -d " + in_quotes(flag.help) + "\n";
    }
  });
  return out;
}

}  // namespace skerry::commands
