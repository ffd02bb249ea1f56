// hardshell detect scan: secrets, personal data and signs of injection in files, told one a line
// and never shown. Works without the daemon.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "detect/content.h"
#include "hardshell/commands.h"
#include "os/file.h"
#include "wire/utf8.h"

namespace hs::cli {

using base::Result;
using wire::Json;

namespace {

constexpr std::size_t piece_bytes = 262'144;
constexpr std::size_t entries_max = 1'000'000;
constexpr std::size_t depth_max = 128;

class Scan {
  public:
    Scan(const Desk& desk, detect::Options options) : desk_(desk), options_(options) {}

    // A file or a folder; what cannot be read is told and the rest goes on.
    void visit(const std::string& path, std::size_t depth = 0) {
        const auto resolved = depth == 0 ? os::resolve_path(path) : Result<std::string>(path);
        const auto facts =
            resolved ? os::facts_of_path(*resolved) : Result<os::FileFacts>(resolved.failure());
        if (!facts) return left_out(path, facts.error().what);
        if (facts->kind == os::FileFacts::Kind::directory) return folder(path, depth);
        if (facts->kind != os::FileFacts::Kind::regular) return;
        const auto file = os::open_file(path, O_RDONLY | O_NONBLOCK);
        if (!file) return left_out(path, file.error().what);
        descriptor(file->get(), path);
    }

    void descriptor(int number, const std::string& name) {
        detect::ContentScanner scanner(options_,
                                       [&](const detect::Finding& found) { tell(name, found); });
        std::string piece(piece_bytes, '\0');
        while (true) {
            const ssize_t got = ::read(number, piece.data(), piece.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) left_out(name, "it cannot be read");
            if (got <= 0) break;
            scanner.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
        }
        scanner.finish();
        if (!scanner.stopped().empty()) desk_.screen.note(clean(name) + ": " + scanner.stopped());
        ++files_;
    }

    int end() {
        if (desk_.screen.form() == Form::text) show();
        return failed_ ? exit_failed : exit_done;
    }

  private:
    void folder(const std::string& path, std::size_t depth) {
        if (depth >= depth_max) return left_out(path, "it lies too deep");
        const auto names = os::list_folder(path, entries_max);
        if (!names) return left_out(path, names.error().what);
        for (const std::string& name : *names) {
            const std::string inner = path.ends_with('/') ? path + name : path + "/" + name;
            const auto facts = os::facts_of_path(inner);
            if (facts && facts->kind == os::FileFacts::Kind::link) continue;
            visit(inner, depth + 1);
        }
    }

    void left_out(const std::string& path, const std::string& why) {
        desk_.screen.note("hardshell: " + clean(path) + " was not scanned: " + clean(why));
        failed_ = true;
    }

    void tell(const std::string& file, const detect::Finding& found) {
        ++findings_;
        const std::string confidence = fmt::format("{:.2f}", found.confidence);
        if (desk_.screen.form() == Form::text) {
            if (rows_.size() >= rows_max) return;
            rows_.push_back({fmt::format("{}:{}:{}", file, found.line, found.column),
                             std::string(found.kind), confidence, found.masked, found.within});
            return;
        }
        // A path that is no UTF-8 is told with replacement characters.
        Json json(wire::JsonObject{{"file", Json(wire::mend_utf8(file))},
                                   {"line", Json(static_cast<std::int64_t>(found.line))},
                                   {"column", Json(static_cast<std::int64_t>(found.column))},
                                   {"kind", Json(std::string(found.kind))},
                                   {"family", Json(std::string(detect::family_name(found.family)))},
                                   {"masked", Json(found.masked)},
                                   {"length", Json(static_cast<std::int64_t>(found.length))},
                                   {"within", Json(wire::mend_utf8(found.within))}});
        std::string line = wire::canonical_json(json);
        line.pop_back();
        desk_.screen.line(line + ",\"confidence\":" + confidence + "}");
    }

    void show() const {
        if (!rows_.empty()) {
            desk_.screen.table({"where", "kind", "confidence", "masked", "in"}, rows_);
        }
        if (rows_.size() < findings_) {
            desk_.screen.line(
                fmt::format("… {} more; --json prints all", findings_ - rows_.size()));
        }
        desk_.screen.line(fmt::format("{} finding{} in {} file{}", findings_,
                                      findings_ == 1 ? "" : "s", files_, files_ == 1 ? "" : "s"));
    }

    static constexpr std::size_t rows_max = 5'000;
    const Desk& desk_;
    detect::Options options_;
    std::vector<std::vector<std::string>> rows_;
    std::size_t findings_ = 0;
    std::size_t files_ = 0;
    bool failed_ = false;
};

}  // namespace

Result<int> run_detect_scan(const Desk& desk) {
    detect::Options options;
    if (desk.options.confidence_min > 0) options.confidence_min = desk.options.confidence_min;
    if (!desk.options.only.empty()) {
        options.wanted.secrets = options.wanted.personal = options.wanted.injection = false;
        for (const std::string& family : desk.options.only) {
            if (family == "secret") options.wanted.secrets = true;
            if (family == "personal") options.wanted.personal = true;
            if (family == "injection") options.wanted.injection = true;
        }
    }
    Scan scan(desk, options);
    for (const std::string& path : desk.options.policy.words) {
        if (path == "-") {
            scan.descriptor(STDIN_FILENO, "-");
        } else {
            scan.visit(path);
        }
    }
    return scan.end();
}

}  // namespace hs::cli
