// completion and manual: made from the table of commands, so that they cannot fall behind it.

#include <fmt/format.h>

#include "base/version.h"
#include "hardshell/commands.h"
#include "hardshell/entries.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;

namespace {

// The words that may follow a word: "" for the first one.
std::string words_after(std::string_view group) {
    std::string words;
    const auto add = [&words](std::string_view word) {
        words += (words.empty() ? "" : " ") + std::string(word);
    };
    for (const Entry& entry : entries) {
        if (group == entry.group) add(entry.name);
    }
    // The groups directly below: of "" those of one word, of "policy" its "exception".
    for (const auto& [name, help] : group_helps) {
        const std::string_view whole = name;
        const std::size_t space = whole.find(' ');
        const bool is_nested = space != std::string_view::npos;
        if (group.empty() && !is_nested) add(whole);
        if (is_nested && whole.substr(0, space) == group) add(whole.substr(space + 1));
    }
    return words;
}

std::string bash_completion() {
    std::string text =
        "_hardshell() {\n  local words\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n";
    // Nested groups first: "policy exception " before "policy ".
    for (const bool nested : {true, false}) {
        for (const auto& [name, help] : group_helps) {
            if ((std::string_view(name).find(' ') != std::string_view::npos) != nested) continue;
            text += nested
                        ? fmt::format("    \"{}\") words=\"{}\" ;;\n", name, words_after(name))
                        : fmt::format("    \"{} \"*) words=\"{}\" ;;\n", name, words_after(name));
        }
    }
    text += "    *) words=\"--json\" ;;\n  esac\n";
    text += fmt::format("  [ \"$COMP_CWORD\" -gt 1 ] || words=\"{} --help --version\"\n",
                        words_after(""));
    text += "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n";
    return text + "complete -F _hardshell hardshell\n";
}

std::string fish_completion() {
    std::string text = "complete -c hardshell -f\n";
    for (const Entry& entry : entries) {
        const std::string when = *entry.group
                                     ? fmt::format("__fish_seen_subcommand_from {}", entry.group)
                                     : "__fish_use_subcommand";
        text += fmt::format("complete -c hardshell -n '{}' -a {} -d '{}'\n", when, entry.name,
                            entry.help);
    }
    for (const auto& [name, help] : group_helps) {
        if (std::string_view(name).find(' ') != std::string_view::npos) continue;
        text += fmt::format("complete -c hardshell -n __fish_use_subcommand -a {} -d '{}'\n", name,
                            help);
    }
    return text;
}

}  // namespace

Result<int> run_completion(const Desk& desk) {
    const std::string& shell = desk.options.text;
    if (shell == "bash") {
        desk.screen.write(bash_completion());
    } else if (shell == "zsh") {
        // zsh reads bash's form through its own compatibility function.
        desk.screen.write("autoload -U +X bashcompinit && bashcompinit\n" + bash_completion());
    } else if (shell == "fish") {
        desk.screen.write(fish_completion());
    } else {
        return fail(Code::invalid_input, "there are completions for bash, zsh and fish");
    }
    return exit_done;
}

Result<int> run_manual(const Desk& desk) {
    std::string text = fmt::format(
        ".TH HARDSHELL 1 \"\" \"Hardshell {}\"\n.SH NAME\nhardshell \\- an assistant on your "
        "machine, governed\n.SH SYNOPSIS\n.B hardshell\n.I command\n[options]\n.SH COMMANDS\n",
        base::version);
    for (const Entry& entry : entries) {
        text += fmt::format(".TP\n.B {}{}{} {}{}{}\n{}.\n", entry.group, *entry.group ? " " : "",
                            entry.name, entry.argument, *entry.second ? " " : "", entry.second,
                            entry.help);
    }
    text +=
        ".SH OPTIONS\n.TP\n.B \\-\\-json\nprint JSON, with every command.\n"
        ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 3 the daemon does not run, 4 an "
        "approval is open, 5 a skill is suspicious, 6 it is malicious, 130 cancelled.\n"
        ".SH FILES\n$XDG_CONFIG_HOME/hardshell/config.toml, $XDG_STATE_HOME/hardshell\n";
    desk.screen.write(text);
    return exit_done;
}

}  // namespace hs::cli
