#include "files/read.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "files/line_reader.h"
#include "os/folder.h"
#include "wire/utf8.h"

namespace hs::files {

using base::Code;
using base::fail;
using base::Result;
using gate::ReadFile;

namespace {

constexpr std::uint64_t scan_bytes_max = std::uint64_t{512} << 20U;
constexpr std::size_t shown_line_bytes_max = 2000;

Result<Held> hold_for(const gate::Permit<ReadFile>& permit, ReadFile::What what, const Roots& roots,
                      const Watch& watch) {
    TRY(begin(permit, watch.clock));
    if (permit.action().what != what) {
        return fail(Code::denied, "the permit is for another kind of reading; ask again");
    }
    return roots.hold(permit.action().path);
}

Result<> require_text(LineReader& lines, const std::string& path, std::uint64_t bytes) {
    switch (TRY(lines.kind())) {
        case TextKind::text:
            return {};
        case TextKind::utf16:
            return fail(Code::invalid_input,
                        fmt::format("{} is UTF-16 text ({} bytes); convert it first: iconv -f "
                                    "UTF-16 -t UTF-8",
                                    path, bytes));
        case TextKind::binary:
            break;
    }
    return fail(Code::invalid_input,
                fmt::format("{} is a binary file of {} bytes; only text is read", path, bytes));
}

// Adds lines until the page is full; true when the file ended first.
Result<bool> add_lines(LineReader& lines, const PageRequest& request, Page& page) {
    for (;;) {
        // Not by reading one more line: it may be endless.
        if (page.lines == request.limit_lines) return lines.finished();
        const auto line = TRY(lines.next());
        if (!line) return true;
        const ShownLine shown = show_line(line->text, line->left_out_bytes, shown_line_bytes_max);
        const std::size_t bytes = page.text.size() + shown.text.size() + 1;
        if (page.lines > 0 && bytes > request.bytes_max) return false;
        page.text += shown.text;
        page.text += '\n';
        ++page.lines;
        page.cut_lines += shown.cut ? 1 : 0;
        page.mended = page.mended || shown.mended;
    }
}

}  // namespace

ShownLine show_line(std::string_view line, std::uint64_t left_out_bytes, std::size_t bytes_max) {
    ShownLine shown;
    const std::size_t half = bytes_max / 2;
    if (line.size() > bytes_max || left_out_bytes > 0) {
        shown.cut = true;
        const std::string_view head = wire::cut_utf8(line, std::min(half, line.size()));
        std::string_view tail =
            left_out_bytes > 0 ? std::string_view() : line.substr(line.size() - half);
        // The tail begins with a whole character, unless the bytes are no UTF-8 anyway.
        for (int at = 0; at < 3 && !tail.empty() && (tail.front() & '\xC0') == '\x80'; ++at) {
            tail.remove_prefix(1);
        }
        shown.text = fmt::format("{} [… {} bytes left out …] {}", head,
                                 line.size() + left_out_bytes - head.size() - tail.size(), tail);
    } else {
        shown.text = std::string(line);
    }
    std::size_t nul = shown.text.find('\0');
    shown.mended = nul != std::string::npos || !wire::is_utf8(shown.text);
    for (; nul != std::string::npos; nul = shown.text.find('\0', nul)) {
        shown.text.replace(nul, 1, "\xef\xbf\xbd");
    }
    if (shown.mended) shown.text = wire::mend_utf8(shown.text);
    return shown;
}

Result<Page> read_page(gate::Permit<ReadFile> permit, const Roots& roots,
                       const PageRequest& request, const Watch& watch) {
    const Held held = TRY(hold_for(permit, ReadFile::What::content, roots, watch));
    const std::string path = roots.shown(permit.action().path);
    const os::Fd file = TRY(open_for_reading(held.fd, held.facts, path));
    LineReader lines(file, watch, scan_bytes_max);
    TRY(require_text(lines, path, held.facts.size_bytes));
    Page page;
    page.file_bytes = held.facts.size_bytes;
    std::uint64_t skipped = 0;
    while (skipped < request.offset_lines) {
        if (!TRY(lines.next())) break;
        ++skipped;
    }
    if (skipped < request.offset_lines) {
        return fail(Code::invalid_input, fmt::format("{} has only {} lines; offset_lines is {}",
                                                     path, skipped, request.offset_lines));
    }
    page.at_end = TRY(add_lines(lines, request, page));
    page.first_line = page.lines > 0 ? skipped + 1 : 0;
    page.changed = !TRY(lines.unchanged());
    return page;
}

Result<base::Bytes> read_whole(gate::Permit<ReadFile> permit, const Roots& roots,
                               std::size_t bytes_max, const Watch& watch) {
    const Held held = TRY(hold_for(permit, ReadFile::What::content, roots, watch));
    const std::string path = roots.shown(permit.action().path);
    const os::Fd file = TRY(open_for_reading(held.fd, held.facts, path));
    auto bytes = os::read_all(file.get(), bytes_max);
    if (!bytes) return fail(bytes.error().code, fmt::format("{}: {}", path, bytes.error().what));
    const os::FileFacts after = TRY(os::facts_of(file.get()));
    if (after.modified_ns != held.facts.modified_ns || after.size_bytes != held.facts.size_bytes) {
        return fail(Code::conflict, fmt::format("{} changed while it was read; try again", path));
    }
    return bytes;
}

Result<Listing> list_entries(gate::Permit<ReadFile> permit, const Roots& roots,
                             const Watch& watch) {
    const Held held = TRY(hold_for(permit, ReadFile::What::listing, roots, watch));
    const std::string path = roots.shown(permit.action().path);
    if (held.facts.kind != os::FileFacts::Kind::directory) {
        return fail(Code::invalid_input, fmt::format("{} is no folder; read it instead", path));
    }
    // More than are shown are sorted, so that the first names of a large folder are its first.
    std::vector<os::FolderEntry> found;
    const os::Listed listed =
        TRY(os::read_entries(held.fd.get(), 20 * Listing::entries_max, found));
    std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
        const bool left_folder = left.kind == os::FileFacts::Kind::directory;
        const bool right_folder = right.kind == os::FileFacts::Kind::directory;
        return left_folder != right_folder ? left_folder : left.name < right.name;
    });
    Listing listing;
    listing.whole = listed == os::Listed::whole && found.size() <= Listing::entries_max;
    found.resize(std::min(found.size(), Listing::entries_max));
    for (const os::FolderEntry& entry : found) {
        TRY(watch.go_on());
        const auto facts = entry.kind == os::FileFacts::Kind::regular
                               ? os::facts_in(held.fd.get(), entry.name)
                               : Result<os::FileFacts>(os::FileFacts{});
        listing.entries.push_back(
            {wire::mend_utf8(entry.name), entry.kind, facts ? facts->size_bytes : 0});
    }
    return listing;
}

}  // namespace hs::files
