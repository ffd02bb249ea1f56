// bench detect: precision, recall and speed of the scanner on a labelled set that is generated
// here, beside a pass of memchr over the same bytes, and beside gitleaks where it is installed.
//
// The set comes from a seeded generator: formats written from the providers' documents,
// look-alikes, prose and code around them. It measures these rules on such texts, not on the world.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "detect/scanner.h"
#include "detect/testing/samples.h"

namespace {

using namespace hs::detect;
namespace fs = std::filesystem;

struct Labelled {
    std::string text;
    // The lines that hold something, and its kind; the first line is 1.
    std::map<std::uint64_t, std::string> expected;
    std::set<std::uint64_t> secret_lines;
};

std::uint64_t lines_of(const std::string& text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

Labelled labelled_set(std::uint64_t seed, int rounds) {
    testing::Samples samples(seed);
    Labelled set;
    std::uint64_t line = 1;
    const auto pad = [&] {
        for (int i = 0; i < 4; ++i)
            set.text += i % 2 == 0 ? samples.prose_line() : samples.code_line();
        line += 4;
    };
    const auto add = [&](const testing::Sample& sample, bool expected, bool secret) {
        pad();
        const std::uint64_t more = lines_of(sample.text) + 1;
        for (std::uint64_t i = 0; expected && i < more; ++i) {
            set.expected[line + i] = sample.kind;
            if (secret) set.secret_lines.insert(line + i);
        }
        set.text += sample.text + "\n";
        line += more;
    };
    for (int round = 0; round < rounds; ++round) {
        for (const auto& sample : samples.secrets()) add(sample, true, true);
        for (const auto& sample : samples.personal()) add(sample, true, false);
        for (const auto& sample : samples.look_alikes()) add(sample, false, false);
    }
    return set;
}

struct Score {
    std::size_t found = 0, wanted = 0, right = 0, told = 0;
    double precision() const {
        return told == 0 ? 1 : static_cast<double>(right) / static_cast<double>(told);
    }
    double recall() const {
        return wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted);
    }
};

// Samples of several lines count once: any of their lines will do.
Score score(const std::map<std::uint64_t, std::string>& expected,
            const std::set<std::uint64_t>& told) {
    Score score;
    std::uint64_t last = 0;
    bool hit = false;
    const auto close = [&] {
        if (last == 0) return;
        ++score.wanted;
        if (hit) ++score.found;
    };
    for (const auto& [line, kind] : expected) {
        if (line != last + 1 || last == 0) {
            close();
            hit = false;
        }
        hit = hit || told.contains(line);
        last = line;
    }
    close();
    for (const std::uint64_t line : told) {
        ++score.told;
        if (expected.contains(line)) ++score.right;
    }
    return score;
}

void show(const char* name, const Score& score) {
    fmt::print(
        "{:<34} precision {:.3f}  recall {:.3f}  ({} of {} found, {} of {} told are right)\n", name,
        score.precision(), score.recall(), score.found, score.wanted, score.right, score.told);
}

double seconds_of(const std::function<void()>& work) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        timespec begin{}, end{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        work();
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        best = std::min(best, static_cast<double>(end.tv_sec - begin.tv_sec) +
                                  static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e9);
    }
    return best;
}

void speed(const char* name, const std::string& text) {
    std::size_t found = 0;
    const double mb = static_cast<double>(text.size()) / 1e6;
    const double ours = seconds_of([&] { found = scan(text).size(); });
    std::size_t lines = 0;
    const double floor = seconds_of([&] {
        lines = 0;
        for (const char* at = text.data(); at < text.data() + text.size(); ++lines) {
            at = static_cast<const char*>(
                std::memchr(at, '\n', static_cast<std::size_t>(text.data() + text.size() - at)));
            if (at == nullptr) break;
            ++at;
        }
    });
    fmt::print(
        "{:<34} {:7.0f} MB/s of CPU time, {} findings; memchr over its {} lines {:7.0f} MB/s "
        "({:.0f} times)\n",
        name, mb / ours, found, lines, mb / floor, ours / floor);
}

// A file, or all files of a folder, as often as it takes to measure.
std::string written(const fs::path& place) {
    std::string once;
    const auto add = [&](const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        once.append(std::istreambuf_iterator<char>(stream), {});
    };
    if (fs::is_directory(place)) {
        for (const auto& entry : fs::recursive_directory_iterator(place)) {
            if (entry.is_regular_file()) add(entry.path());
        }
    } else {
        add(place);
    }
    std::string text = once;
    while (!once.empty() && text.size() < 16'000'000) text += once;
    return text;
}

// gitleaks tells lines in a JSON report; only secrets are its business.
void compare(const Labelled& set) {
    if (std::system("command -v gitleaks >/dev/null 2>&1") != 0) {
        fmt::print("gitleaks is not installed (Debian 13 has it); no comparison\n");
        return;
    }
    const fs::path folder =
        fs::temp_directory_path() / ("hs-bench-detect-" + std::to_string(::getpid()));
    fs::create_directories(folder / "src");
    std::ofstream(folder / "src" / "set.txt") << set.text;
    const std::string command = "gitleaks detect --no-git --no-banner --exit-code 0 -s '" +
                                (folder / "src").string() + "' -f json -r '" +
                                (folder / "out.json").string() + "' >/dev/null 2>&1";
    const bool ran = std::system(command.c_str()) == 0;
    std::ifstream stream(folder / "out.json");
    const std::string json((std::istreambuf_iterator<char>(stream)), {});
    std::set<std::uint64_t> told;
    constexpr std::string_view key = "\"StartLine\": ";
    for (std::size_t at = json.find(key); at != std::string::npos; at = json.find(key, at + 1)) {
        told.insert(std::stoull(json.substr(at + key.size(), 12)));
    }
    fs::remove_all(folder);
    std::map<std::uint64_t, std::string> secrets;
    for (const std::uint64_t line : set.secret_lines) secrets[line] = set.expected.at(line);
    if (ran) show("gitleaks, secrets", score(secrets, told));
}

}  // namespace

int main(int argc, char** argv) {
    const Labelled set = labelled_set(20'261'130, 20);
    std::set<std::uint64_t> all, secrets;
    std::map<std::string, std::size_t> false_kinds;
    for (const Finding& finding : scan(set.text)) {
        all.insert(finding.line);
        if (finding.family == Family::secret) secrets.insert(finding.line);
        if (!set.expected.contains(finding.line)) ++false_kinds[std::string(finding.kind)];
    }
    std::map<std::uint64_t, std::string> secret_expected;
    for (const std::uint64_t line : set.secret_lines) secret_expected[line] = set.expected.at(line);
    fmt::print("{} kinds of secrets known\n", secret_kinds());
    show("hardshell, all families", score(set.expected, all));
    show("hardshell, secrets", score(secret_expected, secrets));
    for (const auto& [kind, count] : false_kinds) fmt::print("  false: {} {}\n", kind, count);
    std::map<std::string, std::size_t> missed;
    for (const auto& [line, kind] : set.expected) {
        if (!all.contains(line) && !set.expected.contains(line - 1) &&
            !set.expected.contains(line + 1))
            ++missed[kind];
    }
    for (const auto& [kind, count] : missed) fmt::print("  missed: {} {}\n", kind, count);
    compare(set);
    testing::Samples samples(5);
    std::string prose, code;
    while (prose.size() < 32'000'000) prose += samples.prose_line();
    while (code.size() < 32'000'000) code += samples.code_line();
    speed("speed, prose", prose);
    speed("speed, source code", code);
    // Texts that people wrote, beside the generated ones, which speak of secrets in every line.
    for (const char* place : {"docs", "src"}) {
        if (argc == 1 && fs::is_directory(place)) speed(place, written(place));
    }
    for (int i = 1; i < argc; ++i) speed(argv[i], written(argv[i]));
    return 0;
}
