#include "tools/change_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "files/pattern.h"
#include "tools/command_steps.h"
#include "tools/line_diff.h"
#include "tools/registry.h"

namespace hs::tools {

using files::Pattern;

namespace {

constexpr std::size_t card_lines_max = 200;
constexpr std::size_t marks_max = 50;
constexpr std::int64_t look_ms_max = 20'000;

struct Mark {
    std::string_view what;
    std::string_view expression;
};

// Files that are easily overlooked and that other machines act on.
constexpr Mark file_marks[] = {
    {"CI", R"((^|/)(\.github/(workflows|actions)/|\.gitlab-ci\.yml$|\.circleci/|Jenkinsfile$|)"
           R"(\.travis\.yml$|azure-pipelines\.yml$|\.drone\.yml$|bitbucket-pipelines\.yml$|)"
           R"(\.buildkite/|\.woodpecker))"},
    {"lock file",
     R"((^|/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|go\.sum|)"
     R"(poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|flake\.lock)$)"},
    {"hook", R"((^|/)(\.husky/|\.githooks/|hooks/|\.pre-commit-config\.yaml$|\.?lefthook\.yml$))"},
};

// Forms of the issuers' own documentation, and the common way of writing a password down.
constexpr Mark secret_marks[] = {
    {"AWS access key", R"(\b(AKIA|ASIA)[0-9A-Z]{16}\b)"},
    {"GitHub token", R"(\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}))"},
    {"GitLab token", R"(\bglpat-[A-Za-z0-9_-]{20,})"},
    {"Slack token", R"(\bxox[abeoprs]-[A-Za-z0-9-]{10,})"},
    {"model key", R"(\bsk-[A-Za-z0-9_-]{20,})"},
    {"Google key", R"(\bAIza[0-9A-Za-z_-]{35})"},
    {"private key", R"(-----BEGIN [A-Z ]*PRIVATE KEY-----)"},
    {"password", R"((?i)(passw(or)?d|secret|token|api[_-]?key)["']?\s*[:=]\s*["'][^"'\s]{8,}["'])"},
};

class Marks {
  public:
    template <std::size_t N>
    explicit Marks(const Mark (&marks)[N]) {
        for (const Mark& mark : marks) {
            auto pattern = Pattern::from_expression(mark.expression, Pattern::Letters::as_written);
            CHECK(pattern.ok());
            patterns_.emplace_back(mark.what, std::move(*pattern));
        }
    }
    // The names of the marks that fit, or nothing.
    std::string of(std::string_view text) const {
        std::string names;
        for (const auto& [what, pattern] : patterns_) {
            if (pattern.matches(text)) names += (names.empty() ? "" : ", ") + std::string(what);
        }
        return names;
    }

  private:
    std::vector<std::pair<std::string_view, Pattern>> patterns_;
};

const Marks& files_to_mark() {
    static const Marks marks(file_marks);
    return marks;
}
const Marks& secrets_to_mark() {
    static const Marks marks(secret_marks);
    return marks;
}

// Reads a diff line by line and keeps what the card shows.
class DiffReader {
  public:
    void read(std::string_view diff) {
        while (!diff.empty()) {
            const std::size_t end = std::min(diff.find('\n'), diff.size());
            line(diff.substr(0, end));
            diff.remove_prefix(std::min(end + 1, diff.size()));
        }
    }
    std::string card() const {
        std::string card;
        for (const std::string& mark : marks_) card += "  ! " + mark + "\n";
        card += shown_;
        if (left_out_ > 0) card += fmt::format("  [… {} more lines …]\n", left_out_);
        return card;
    }

  private:
    void line(std::string_view text) {
        if (text.starts_with("+++ ") || text.starts_with("--- ")) {
            begin_file(text);
        } else if (text.starts_with("+")) {
            const std::string found = secrets_to_mark().of(text);
            if (!found.empty()) {
                mark(fmt::format("looks like a secret ({}) in {}: {}", found, file_,
                                 visible_line(text.substr(1, 12), 12) + "…"));
            }
        }
        if (lines_++ < card_lines_max) {
            shown_ += "  " + visible_line(text, 160) + "\n";
        } else {
            ++left_out_;
        }
    }
    void begin_file(std::string_view text) {
        std::string_view name = text.substr(4);
        if (name == "/dev/null") return;
        if (name.starts_with("a/") || name.starts_with("b/")) name.remove_prefix(2);
        const bool seen = name == file_;
        file_ = visible_line(name, 200);
        const std::string found = files_to_mark().of(name);
        if (!seen && !found.empty()) mark(fmt::format("{}: {}", found, file_));
    }
    void mark(std::string text) {
        if (marks_.size() < marks_max) marks_.push_back(std::move(text));
    }

    std::vector<std::string> marks_;
    std::string file_;
    std::string shown_;
    std::size_t lines_ = 0;
    std::size_t left_out_ = 0;
};

// Where the subcommand stands; options before it that take a value are passed over.
std::size_t subcommand_of(const std::vector<std::string>& argv) {
    std::size_t at = 1;
    while (at < argv.size() && argv[at].starts_with("-")) {
        const bool takes_value = argv[at] == "-C" || argv[at] == "-c" || argv[at] == "--git-dir" ||
                                 argv[at] == "--work-tree" || argv[at] == "--namespace";
        at += takes_value ? 2 : 1;
    }
    return at;
}

bool asks_for_all(const std::vector<std::string>& argv, std::size_t from) {
    return std::any_of(
        argv.begin() + static_cast<std::ptrdiff_t>(from), argv.end(),
        [](const std::string& argument) {
            const bool letters = argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
            return argument == "--all" || (letters && argument.find('a') != std::string::npos);
        });
}

std::vector<std::string> look_command(const std::vector<std::string>& argv, Carries what) {
    std::vector<std::string> look = {argv.front()};
    for (std::size_t at = 1; at + 1 < subcommand_of(argv); ++at) {
        if (argv[at] == "-C") look.insert(look.end(), {"-C", argv[at + 1]});
    }
    look.insert(look.end(),
                {"diff", "--no-color", "--no-ext-diff", "--no-textconv", "--stat", "-p"});
    if (what == Carries::staged) look.emplace_back("--cached");
    if (what == Carries::all_tracked) look.emplace_back("HEAD");
    if (what == Carries::unpushed) look.emplace_back("@{upstream}..HEAD");
    return look;
}

base::Result<std::string> diff_of(ToolContext& context, const std::vector<std::string>& look,
                                  const std::string& working_directory) {
    CommandPlan plan = TRY(plan_command(context, look, working_directory, look_ms_max));
    auto permit = TRY(obtain_unasked(context, plan.action));
    const auto completed = TRY(run_permitted(context, std::move(permit), {}, {}));
    if (completed.outcome.ending != jail::Ending::exited || completed.outcome.code != 0) {
        return base::fail(base::Code::io,
                          jail::describe(completed.outcome) + ": " + completed.standard_error);
    }
    return completed.standard_output;
}

}  // namespace

Carries carries(const std::vector<std::string>& argv) {
    if (argv.empty()) return Carries::nothing;
    if (std::string_view(argv.front()).substr(argv.front().rfind('/') + 1) != "git") {
        return Carries::nothing;
    }
    const std::size_t at = subcommand_of(argv);
    if (at >= argv.size()) return Carries::nothing;
    if (argv[at] == "push") return Carries::unpushed;
    if (argv[at] != "commit") return Carries::nothing;
    return asks_for_all(argv, at + 1) ? Carries::all_tracked : Carries::staged;
}

std::string card_of_diff(std::string_view diff) {
    if (diff.empty()) return "  nothing that git shows is taken along\n";
    DiffReader reader;
    reader.read(diff);
    return reader.card();
}

std::string change_card(ToolContext& context, const std::vector<std::string>& argv,
                        const std::string& working_directory) {
    const Carries what = carries(argv);
    if (what == Carries::nothing) return {};
    const auto diff = diff_of(context, look_command(argv, what), working_directory);
    const std::string_view title =
        what == Carries::unpushed ? "  what would be pushed:\n" : "  what would be committed:\n";
    if (!diff) {
        // What follows the first line of git's complaint is its manual.
        const std::string& what_failed = diff.error().what;
        return fmt::format("{}  (could not be looked at: {})\n", title,
                           visible_line(what_failed.substr(0, what_failed.find('\n')), 600));
    }
    return std::string(title) + card_of_diff(*diff);
}

}  // namespace hs::tools
