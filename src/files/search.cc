#include "files/search.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <deque>

#include "files/line_reader.h"
#include "files/read.h"
#include "files/walk.h"
#include "files/write.h"
#include "wire/utf8.h"

namespace hs::files {

using base::Code;
using base::fail;
using base::Result;
using gate::ReadFile;
using Kind = os::FileFacts::Kind;

namespace {

Result<Held> hold_for_search(const gate::Permit<ReadFile>& permit, const Roots& roots,
                             const Watch& watch) {
    TRY(begin(permit, watch.clock));
    if (permit.action().what != ReadFile::What::search) {
        return fail(Code::denied, "the permit is for another kind of reading; ask again");
    }
    return roots.hold(permit.action().path);
}

// Collects the lines of one file that match, with their context.
class FileGrep {
  public:
    FileGrep(const GrepRequest& request, std::string path)
        : request_(request), path_(std::move(path)) {}

    Result<> run(LineReader& lines, std::size_t matches_left) {
        std::uint64_t number = 0;
        while (matches_ < matches_left || after_ > 0) {
            const auto line = TRY(lines.next());
            if (!line) return {};
            ++number;
            if (matches_ < matches_left && request_.pattern.matches(line->text)) {
                hit(*line, number);
            } else {
                context(*line, number);
            }
            if (text_.size() >= GrepRequest::bytes_max) return {};
        }
        cut_ = true;
        return {};
    }
    const std::string& text() const { return text_; }
    const std::vector<flow::LineRange>& lines() const { return lines_; }
    std::uint64_t matches() const { return matches_; }
    bool cut() const { return cut_ || text_.size() >= GrepRequest::bytes_max; }

  private:
    void hit(const Line& line, std::uint64_t number) {
        ++matches_;
        const std::uint64_t first = number - before_.size();
        if (request_.context_lines > 0 && last_ != 0 && first > last_ + 1) text_ += "--\n";
        for (std::size_t at = 0; at < before_.size(); ++at) add(before_[at], first + at, '-');
        before_.clear();
        add(shown(line), number, ':');
        after_ = request_.context_lines;
    }
    void context(const Line& line, std::uint64_t number) {
        if (after_ > 0) {
            --after_;
            add(shown(line), number, '-');
            return;
        }
        if (request_.context_lines == 0) return;
        before_.push_back(shown(line));
        if (before_.size() > request_.context_lines) before_.pop_front();
    }
    void add(const std::string& line, std::uint64_t number, char mark) {
        text_ += fmt::format("{}{}{}{}{}\n", path_, mark, number, mark, line);
        last_ = number;
        flow::add_line(lines_, static_cast<std::int64_t>(number));
    }
    static std::string shown(const Line& line) {
        return show_line(line.text, line.left_out_bytes, GrepRequest::line_bytes_max).text;
    }

    const GrepRequest& request_;  // outlives this
    std::string path_;
    std::string text_;
    std::vector<flow::LineRange> lines_;
    std::deque<std::string> before_;
    std::size_t after_ = 0;
    std::uint64_t last_ = 0;
    std::uint64_t matches_ = 0;
    bool cut_ = false;
};

class Grep {
  public:
    Grep(const GrepRequest& request, const Watch& watch, std::string folder)
        : request_(request), watch_(watch), folder_(std::move(folder)) {}

    Result<Step> visit(const Walk::Item& item) {
        if (item.kind != Kind::regular || !wanted(item)) return Step::on;
        auto held = os::open_exact(item.folder.get(), item.name, O_PATH);
        if (!held) {
            ++matches_.coverage.files_skipped;
            return Step::on;
        }
        return one(*held, item.relative);
    }
    Result<Step> one(const os::Fd& held, const std::string& relative) {
        ++matches_.coverage.files_seen;
        const auto facts = os::facts_of(held.get());
        if (!facts || facts->size_bytes > GrepRequest::file_bytes_max) return skip();
        const auto file = open_for_reading(held, *facts, relative);
        if (!file) return skip();
        LineReader lines(*file, watch_, GrepRequest::file_bytes_max);
        const auto kind = lines.kind();
        if (!kind || *kind != TextKind::text) return skip();
        FileGrep found(request_, wire::mend_utf8(relative));
        if (auto done = found.run(lines, GrepRequest::matches_max - matches_.matches); !done) {
            if (done.error().code == Code::cancelled) return std::move(done).failure();
            if (done.error().code == Code::timed_out) return std::move(done).failure();
            return skip();
        }
        return add(found, relative);
    }
    Matches& result() { return matches_; }

  private:
    bool wanted(const Walk::Item& item) const {
        if (request_.glob == nullptr) return true;
        return request_.glob->matches(request_.glob_against_path ? item.relative : item.name);
    }
    Step skip() {
        ++matches_.coverage.files_skipped;
        return Step::on;
    }
    Result<Step> add(const FileGrep& found, const std::string& relative) {
        if (found.matches() == 0) return Step::on;
        const std::string path = relative.empty() ? folder_ : folder_ + "/" + relative;
        if (request_.may_show && !TRY(request_.may_show(path))) {
            ++matches_.coverage.files_withheld;
            return Step::on;
        }
        if (request_.context_lines > 0 && !matches_.text.empty()) matches_.text += "--\n";
        matches_.text += found.text();
        matches_.sources.push_back({flow::SourceKind::file, path, found.lines(),
                                    found.text().size(), hex_sha256(base::bytes_of(found.text()))});
        matches_.matches += found.matches();
        ++matches_.files;
        const bool full = found.cut() || matches_.matches >= GrepRequest::matches_max ||
                          matches_.text.size() >= GrepRequest::bytes_max;
        if (full) matches_.coverage.cut = true;
        return full ? Step::stop : Step::on;
    }

    const GrepRequest& request_;  // outlives this
    const Watch& watch_;          // outlives this
    std::string folder_;
    Matches matches_;
};

}  // namespace

Result<Found> find_files(gate::Permit<ReadFile> permit, const Roots& roots,
                         const FindRequest& request, const Watch& watch) {
    const Held held = TRY(hold_for_search(permit, roots, watch));
    if (held.facts.kind != Kind::directory) {
        return fail(Code::invalid_input, fmt::format("{} is no folder; name the folder to search",
                                                     roots.shown(permit.action().path)));
    }
    Found found;
    Walk walk(request.history, watch, found.coverage);
    TRY(walk.run(held.fd, [&](const Walk::Item& item) -> Result<Step> {
        ++found.coverage.files_seen;
        if (!request.name.matches(request.against_path ? item.relative : item.name)) {
            return Step::on;
        }
        found.paths.push_back(wire::mend_utf8(item.relative) +
                              (item.kind == Kind::directory ? "/" : ""));
        return found.paths.size() >= FindRequest::matches_max ? Step::stop : Step::on;
    }));
    return found;
}

Result<Matches> grep_files(gate::Permit<ReadFile> permit, const Roots& roots,
                           const GrepRequest& request, const Watch& watch) {
    const Held held = TRY(hold_for_search(permit, roots, watch));
    const std::string& path = permit.action().path;
    Grep grep(request, watch, path);
    if (held.facts.kind == Kind::directory) {
        Walk walk(request.history, watch, grep.result().coverage);
        TRY(walk.run(held.fd, [&](const Walk::Item& item) { return grep.visit(item); }));
        return std::move(grep.result());
    }
    const os::Fd checked = TRY(open_for_reading(held.fd, held.facts, roots.shown(path)));
    Grep single(request, watch, path.substr(0, path.rfind('/')));
    TRY(single.one(held.fd, path.substr(path.rfind('/') + 1)));
    return std::move(single.result());
}

}  // namespace hs::files
