#include "models/offline_grammar.h"

#include <fmt/format.h>

#include "models/trouble.h"
#include "wire/url.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

constexpr std::string_view who_answers =
    "I am Hardshell's offline provider: a small command grammar, no language model.";

struct Command {
    std::string_view text;  // the whole command
    std::vector<Word> words;

    std::size_t size() const { return words.size(); }
    // The lower-case keyword at position, "" where there is no word or a quoted one.
    std::string keyword(std::size_t at) const {
        if (at >= words.size() || words[at].quoted) return {};
        std::string lower;
        for (const char c : words[at].text) {
            lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        return lower;
    }
    // The last place of an unquoted keyword at or after `from`, or size().
    std::size_t last(std::string_view word, std::size_t from) const {
        for (std::size_t i = words.size(); i > from; --i) {
            if (keyword(i - 1) == word) return i - 1;
        }
        return words.size();
    }
    // Words [from, to) as one text: a single word without its quotes, several as they were typed.
    std::string phrase(std::size_t from, std::size_t to) const {
        if (to == from + 1) return words[from].text;
        return std::string(text.substr(words[from].begin, words[to - 1].end - words[from].begin));
    }
};

Failure usage(std::string_view form) {
    return fail(Code::invalid_input, fmt::format("Write it as: {}", form));
}

Result<OfflineCall> parse_list(const Command& command) {
    std::size_t at = 1;
    while (command.keyword(at) == "the" || command.keyword(at) == "all") ++at;
    if (command.keyword(at) == "files") ++at;
    if (command.keyword(at) == "in") ++at;
    if (command.keyword(at) == "here" || command.keyword(at) == "here." ||
        command.keyword(at) == "here?") {
        ++at;
        if (at < command.size()) return usage("list files in PATH");
        return OfflineCall{"files_list", JsonObject{{"path", "."}}};
    }
    if (at == command.size()) return OfflineCall{"files_list", JsonObject{{"path", "."}}};
    if (at + 1 != command.size()) return usage("list files in PATH");
    return OfflineCall{"files_list", JsonObject{{"path", command.words[at].text}}};
}

Result<OfflineCall> parse_read(const Command& command) {
    if (command.size() != 2) return usage("read PATH (a path with spaces in quotes)");
    return OfflineCall{"files_read", JsonObject{{"path", command.words[1].text}}};
}

Result<OfflineCall> parse_find(const Command& command) {
    const std::string path = command.size() == 4 && command.keyword(2) == "in"
                                 ? command.words[3].text
                                 : std::string(".");
    if (command.size() != 2 && (command.size() != 4 || command.keyword(2) != "in")) {
        return usage("find NAME [in PATH]");
    }
    return OfflineCall{"files_find", JsonObject{{"path", path}, {"name", command.words[1].text}}};
}

Result<OfflineCall> parse_search(const Command& command) {
    const std::size_t from = command.keyword(1) == "for" && command.size() > 2 ? 2 : 1;
    const std::size_t in = command.last("in", from);
    const bool has_path = in + 2 == command.size() && in > from;
    const std::size_t to = has_path ? in : command.size();
    if (from >= to || (in < command.size() && !has_path)) return usage("search TEXT in PATH");
    return OfflineCall{"files_grep",
                       JsonObject{{"path", has_path ? command.words[in + 1].text : "."},
                                  {"pattern", command.phrase(from, to)}}};
}

Result<OfflineCall> parse_write(const Command& command) {
    const std::size_t to = command.last("to", 1);
    if (to < 2 || to + 2 != command.size()) return usage("write \"TEXT\" to PATH");
    return OfflineCall{"files_write", JsonObject{{"path", command.words[to + 1].text},
                                                 {"content", command.phrase(1, to)}}};
}

Result<OfflineCall> parse_replace(const Command& command) {
    if (command.size() != 6 || command.keyword(2) != "with" || command.keyword(4) != "in") {
        return usage("replace \"OLD\" with \"NEW\" in PATH");
    }
    return OfflineCall{"files_edit", JsonObject{{"path", command.words[5].text},
                                                {"old", command.words[1].text},
                                                {"new", command.words[3].text}}};
}

Result<OfflineCall> parse_run(const Command& command) {
    JsonArray argv;
    for (std::size_t i = 1; i < command.size(); ++i) argv.emplace_back(command.words[i].text);
    if (argv.empty() || command.words[1].text.empty()) return usage("run PROGRAM [ARGUMENT…]");
    return OfflineCall{"shell_run", JsonObject{{"argv", std::move(argv)}}};
}

// The URL may hold & and ; so it is not split into words.
Result<OfflineCall> parse_fetch(std::string_view rest) {
    const auto url = wire::parse_url(rest);
    if (!url) return fail(Code::invalid_input, url.error().what + ". Write it as: fetch URL");
    return OfflineCall{"http_fetch", JsonObject{{"url", url->text()}}};
}

// The rest of the text as it was typed; a leading "that" is passed over.
Result<OfflineCall> parse_remember(std::string_view rest) {
    constexpr std::string_view that = "that ";
    if (rest.starts_with(that)) rest.remove_prefix(that.size());
    if (rest.empty()) return usage("remember TEXT");
    return OfflineCall{"remember", JsonObject{{"text", rest}}};
}

Result<OfflineCall> parse_recall(std::string_view rest) {
    if (rest.empty()) return usage("recall TEXT");
    return OfflineCall{"recall", JsonObject{{"query", rest}}};
}

Result<OfflineCall> parse_forget(std::string_view rest) {
    if (rest.empty() || rest.find(' ') != std::string_view::npos) {
        return usage("forget ID (recall TEXT shows the ids)");
    }
    return OfflineCall{"forget", JsonObject{{"id", rest}}};
}

// Verbs whose rest is one text, not words.
using ParseRest = Result<OfflineCall> (*)(std::string_view);
struct RestVerb {
    std::string_view word;
    ParseRest parse;
};
constexpr RestVerb rest_verbs[] = {
    {"fetch", parse_fetch},
    {"remember", parse_remember},
    {"recall", parse_recall},
    {"forget", parse_forget},
};

using Parse = Result<OfflineCall> (*)(const Command&);
struct Verb {
    std::string_view word;
    Parse parse;
};
constexpr Verb verbs[] = {
    {"list", parse_list},     {"ls", parse_list},         {"read", parse_read},
    {"show", parse_read},     {"cat", parse_read},        {"find", parse_find},
    {"search", parse_search}, {"grep", parse_search},     {"write", parse_write},
    {"run", parse_run},       {"replace", parse_replace},
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// The first word in lower case, and what follows it.
std::pair<std::string, std::string_view> split_verb(std::string_view text) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    std::string verb;
    for (const char c : text.substr(0, std::min<std::size_t>(end, 32))) {
        verb += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return {verb, trimmed(text.substr(end))};
}

// "please", "can you" and "could you", each at most once.
std::string_view without_politeness(std::string_view text) {
    const auto [first, rest] = split_verb(text);
    if (first == "can" || first == "could") {
        const auto [second, after] = split_verb(rest);
        if (second == "you") text = after;
    }
    const auto [maybe_please, command] = split_verb(text);
    return maybe_please == "please" ? command : text;
}

std::string not_understood(std::string_view text) {
    return fmt::format("{}\nI did not understand: {}\n\n{}", who_answers, excerpt(text, 200),
                       offline_help());
}

// A call, or the text to answer with.
std::variant<OfflineCall, std::string> parse_command(std::string_view text) {
    text = without_politeness(text);
    const auto [verb, rest] = split_verb(text);
    if (verb == "help" || verb == "?") return fmt::format("{}\n\n{}", who_answers, offline_help());
    for (const RestVerb& known : rest_verbs) {
        if (known.word != verb) continue;
        auto call = known.parse(rest);
        if (call) return *std::move(call);
        return call.error().what;
    }
    for (const Verb& known : verbs) {
        if (known.word != verb) continue;
        auto words = split_words(text);
        if (!words) return fmt::format("I could not read that command: {}.", words.error().what);
        auto call = known.parse({text, *std::move(words)});
        if (call) return *std::move(call);
        return call.error().what;
    }
    return not_understood(text);
}

// Every line is a command of its own, unless quotes or the text to write go over several.
std::vector<std::string_view> command_lines(std::string_view text) {
    const auto [verb, rest] = split_verb(without_politeness(text));
    if (verb == "write" || verb == "replace") return {text};
    std::vector<std::string_view> lines;
    while (!text.empty() && lines.size() <= offline_commands_max) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        if (!line.empty()) lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

std::string offline_help() {
    return "What I understand, one command a line:\n"
           "  list files [in PATH]                   list the files here\n"
           "  read PATH                              read README.md\n"
           "  find NAME [in PATH]                    find *.md in docs\n"
           "  search TEXT [in PATH]                  search \"main(\" in src\n"
           "  write \"TEXT\" to PATH                   write \"hello\" to note.txt\n"
           "  replace \"OLD\" with \"NEW\" in PATH       replace \"helo\" with \"hello\" in "
           "note.txt\n"
           "  run PROGRAM [ARGUMENT…]                run uname -a\n"
           "  fetch URL                              fetch https://example.com/\n"
           "  remember TEXT                          remember I prefer tea\n"
           "  recall TEXT                            recall tea\n"
           "  forget ID                              (recall shows the ids)\n"
           "  help\n"
           "To talk freely, configure a model: hardshell config explain models";
}

OfflineAction parse_offline_text(std::string_view text) {
    text = trimmed(text);
    if (text.size() > offline_text_bytes_max) {
        return fmt::format("The command exceeds {} bytes, so I did not read it.",
                           offline_text_bytes_max);
    }
    const std::vector<std::string_view> lines = command_lines(text);
    if (lines.empty()) return fmt::format("{}\n\n{}", who_answers, offline_help());
    if (lines.size() > offline_commands_max) {
        return fmt::format("{} At most {} commands fit into one message.", who_answers,
                           offline_commands_max);
    }
    std::vector<OfflineCall> calls;
    for (const std::string_view line : lines) {
        auto parsed = parse_command(line);
        if (auto* answer = std::get_if<std::string>(&parsed)) return std::move(*answer);
        calls.push_back(std::move(std::get<OfflineCall>(parsed)));
    }
    return calls;
}

}  // namespace hs::models
