#include "native-host/commands/completions.hpp"

#include <algorithm>
#include <functional>

#include "native-host/config/reference.hpp"

namespace skerry::commands {
namespace {

constexpr std::string_view kMade =
    "# Made by `skerry completions`; what it knows is what the program knows.\n";

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

/// What a shell may be told to offer.
struct Settings {
  std::vector<std::string> names;  ///< all, for `skerry config`
  std::vector<std::string> begun;  ///< `listen=`, of those that a flag may set
  std::vector<std::pair<std::string, std::string>>
      values;  ///< `log.level=` and `log.level=debug log.level=…`
};

Settings settings_of(const config::Schema& schema) {
  Settings settings;
  for (const auto& row : config::reference(schema)) {
    settings.names.push_back(row.name);
    if (row.in_file) settings.begun.push_back(row.name + "=");
    std::vector<std::string> choices;
    for (const auto& table : schema.tables)
      for (const auto& setting : table.settings())
        if (setting.name == row.name) choices.assign(setting.choices.begin(), setting.choices.end());
    if (row.unit == "switch") choices = {"true", "false"};
    if (choices.empty() || !row.in_file) continue;
    std::string assignments;
    for (const auto& choice : choices)
      assignments += (assignments.empty() ? "" : " ") + row.name + "=" + choice;
    settings.values.emplace_back(row.name + "=", assignments);
  }
  return settings;
}

bool takes_files(const Flag& flag) {
  return flag.value == program::kFile;
}
bool takes_folders(const Flag& flag) {
  return flag.value == program::kFolder;
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

/// What stands behind a flag, as cases `'skerry up --archive') values='auto real' ;;`, made by `action`;
/// empty where there is nothing to offer.
std::string value_cases(const Command& root, const std::function<std::string(const Flag&)>& action) {
  std::string out;
  walk(root, [&](const Command& command) {
    for (const Flag& flag : flags_at(root, command.path)) {
      const auto act = action(flag);
      if (act.empty()) continue;
      for (const auto& name : flag.names)
        out.append("    ")
            .append(in_quotes(command.path + " " + name))
            .append(") ")
            .append(act)
            .append(" ;;\n");
    }
  });
  return out;
}

/// The words by themselves that a command takes, of one kind.
bool any_word(const Command& command, bool (*is)(const Flag&)) {
  return std::ranges::any_of(command.flags, [&](const Flag& flag) { return flag.names.empty() && is(flag); });
}

/// What may stand there as a word by itself, but for commands.
std::vector<std::string> words_at(const Command& command, const Settings& settings) {
  std::vector<std::string> words;
  for (const Flag& flag : command.flags) {
    if (!flag.names.empty()) continue;
    std::ranges::copy(flag.value == program::kSetting ? settings.names : flag.choices,
                      std::back_inserter(words));
  }
  return words;
}

}  // namespace

std::string bash_completions(const Command& root, const config::Schema& schema) {
  const auto settings = settings_of(schema);
  std::string out(kMade);
  out +=
      "_skerry() {\n"
      "  local cur before at=skerry word i n=0 end values= flags= files= glued=\n"
      "  local -a line=()\n"
      "  COMPREPLY=()\n"
      "  # Bash may have cut words at \"=\" (COMP_WORDBREAKS).\n"
      "  for ((i = 0; i <= COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    if [[ $word == = || -n $glued ]] && ((n > 0)); then line[n-1]+=$word; else line[n++]=$word; fi\n"
      "    if [[ $word == = ]]; then glued=1; else glued=; fi\n"
      "  done\n"
      "  end=$((n - 1)) cur=${line[n-1]} before=\n"
      "  ((n < 2)) || before=${line[n-2]}\n";
  out += path_loop(root, "line", "1", "end");
  out += "  case \"$at $before\" in\n";
  out += value_cases(root, [](const Flag& flag) -> std::string {
    if (takes_files(flag)) return "files=default";
    if (takes_folders(flag)) return "files=dirnames";
    return flag.choices.empty() ? std::string() : "values='" + words_of(flag.choices) + "'";
  });
  out += "    *' --set') values='" + words_of(settings.begun) + "'\n      case $cur in\n";
  for (const auto& [begun, values] : settings.values)
    out.append("        ").append(begun).append("*) values='").append(values).append("' ;;\n");
  out += "        *=*) return ;;\n      esac ;;\n";
  out += "  esac\n";
  out +=
      "  # Bash's own completion of files: it quotes what has to be, and goes on behind a folder.\n"
      "  if [[ -n $files ]]; then\n"
      "    compopt -o $files -o filenames 2>/dev/null\n"
      "    return\n"
      "  fi\n"
      "  if [[ -n $values ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
      "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null\n"
      "    # What stands before \"=\" is a word of its own there.\n"
      "    [[ $cur != *=* || ${COMP_WORDS[COMP_CWORD]} == *=?* ]] ||\n"
      "      COMPREPLY=(\"${COMPREPLY[@]#*=}\")\n"
      "    return\n"
      "  fi\n";
  out += "  case $before in\n    " + words_of(with_value(root), "|") + ") return ;;\n  esac\n";
  out += "  case $at in\n";
  walk(root, [&](const Command& command) {
    std::vector<std::string> words;
    std::vector<std::string> flags;
    words.reserve(command.below.size());
    for (const Command& each : command.below) words.push_back(each.name);
    for (const Flag& flag : flags_at(root, command.path))
      std::ranges::copy(flag.names, std::back_inserter(flags));
    std::ranges::move(words_at(command, settings), std::back_inserter(words));
    out += "    " + in_quotes(command.path) + ") values='" + words_of(words) + "' flags='" + words_of(flags) +
           "'" + (any_word(command, takes_files) ? " files=default" : "") + " ;;\n";
  });
  out +=
      "  esac\n"
      "  if [[ $cur != -* && -n $files ]]; then\n"
      "    compopt -o default -o filenames 2>/dev/null\n"
      "    return\n"
      "  fi\n"
      "  # Flags where one is begun, or there is nothing else.\n"
      "  [[ $cur != -* && -n $values ]] || values=$flags\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
      "}\n"
      "complete -F _skerry skerry\n";
  return out;
}

std::string zsh_completions(const Command& root, const config::Schema& schema) {
  // `_describe` takes `name:help`; a colon in either is escaped.
  const auto item = [](std::string_view name, std::string_view help) {
    std::string text(name);
    for (std::size_t i = 0; (i = text.find(':', i)) != std::string::npos; i += 2) text.insert(i, "\\");
    return literal(text + ":" + std::string(help));
  };
  const auto settings = settings_of(schema);
  std::string out = "#compdef skerry\n" + std::string(kMade);
  out +=
      "_skerry() {\n"
      "  local at=skerry word files= before=${words[CURRENT-1]}\n"
      "  local -i i\n"
      "  local -a commands flags values\n";
  out += path_loop(root, "words", "2", "CURRENT");
  out += "  case \"$at $before\" in\n";
  out += value_cases(root, [](const Flag& flag) -> std::string {
    if (takes_files(flag)) return "_files; return";
    if (takes_folders(flag)) return "_files -/; return";
    return flag.choices.empty() ? std::string() : "values=(" + words_of(flag.choices) + ")";
  });
  out += "    *' --set')\n      case $PREFIX in\n";
  for (const auto& [begun, values] : settings.values)
    out.append("        ").append(begun).append("*) compadd -- ").append(values).append(" ;;\n");
  out += "        *=*) ;;\n        *) compadd -S '' -- " + words_of(settings.begun) + " ;;\n";
  out += "      esac\n      return ;;\n  esac\n";
  out += "  if (( $#values )); then compadd -- $values; return; fi\n";
  out += "  case $before in\n    " + words_of(with_value(root), "|") + ") return ;;\n  esac\n";
  out += "  case $at in\n";
  walk(root, [&](const Command& command) {
    out += "    " + in_quotes(command.path) + ")\n      commands=(";
    for (const Command& each : command.below) out += "\n        " + item(each.name, each.help);
    for (const auto& word : words_at(command, settings)) out += "\n        " + item(word, "");
    out += ")\n      flags=(";
    for (const Flag& flag : flags_at(root, command.path))
      for (const auto& name : flag.names) out += "\n        " + item(name, flag.help);
    out += ")" + std::string(any_word(command, takes_files) ? " files=1" : "") + " ;;\n";
  });
  out +=
      "  esac\n"
      "  if [[ $PREFIX != -* && -n $files ]]; then _files; return; fi\n"
      "  (( $#commands )) && _describe -t commands command commands\n"
      "  if [[ $PREFIX == -* ]] || (( ! $#commands )); then _describe -t flags flag flags; fi\n"
      "}\n"
      "if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _skerry \"$@\"; else compdef _skerry skerry; "
      "fi\n";
  return out;
}

std::string fish_completions(const Command& root, const config::Schema& schema) {
  const auto settings = settings_of(schema);
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
  out += "function __skerry_settings --description 'Settings, or the values of the one that stands there'\n";
  out += "    switch (commandline -ct)\n";
  for (const auto& [begun, values] : settings.values)
    out += "        case " + in_quotes(begun + "*") + "\n            string split ' ' -- " +
           in_quotes(values) + "\n";
  out += "        case '*=*'\n        case '*'\n            string split ' ' -- " +
         in_quotes(words_of(settings.begun)) + "\n    end\nend\n";
  out += "complete -c skerry -e\ncomplete -c skerry -f\n";
  walk(root, [&](const Command& command) {
    const auto at = "complete -c skerry -n " + in_quotes("__skerry_at " + command.path);
    for (const Command& each : command.below)
      out += at + " -a " + in_quotes(each.name) + " -d " + in_quotes(each.help) + "\n";
    if (const auto words = words_at(command, settings); !words.empty())
      out += at + " -a " + in_quotes(words_of(words)) + "\n";
    if (any_word(command, takes_files)) out += at + " -F\n";
    for (const Flag& flag : flags_at(root, command.path)) {
      std::string line = at;
      for (const auto& name : flag.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!flag.choices.empty())
        line += " -x -a " + in_quotes(words_of(flag.choices));
      else if (flag.value == program::kAssignment)
        line += " -x -a '(__skerry_settings)'";
      else if (takes_files(flag))
        line += " -r -F";
      else if (takes_folders(flag))
        line += " -x -a '(__fish_complete_directories)'";
      else if (!flag.value.empty())
        line += " -x";
      out += line + " -d " + in_quotes(flag.help) + "\n";
    }
  });
  return out;
}

}  // namespace skerry::commands
