#include "hardshell-reader/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <deque>
#include <set>

#include "os/launch.h"
#include "os/staged_folder.h"
#include "wire/utf8.h"

namespace hs::reader {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t shown_name_bytes_max = 200;

using Opened = std::unique_ptr<archive, decltype(&archive_read_free)>;

std::string shown(std::string_view name) {
    return std::string(wire::cut_utf8(wire::mend_utf8(name), shown_name_bytes_max));
}

Result<Opened> open(ByteView bytes) {
    Opened opened(archive_read_new(), &archive_read_free);
    if (!opened) return fail(Code::io, "the archive's reader has no memory");
    archive_read_support_filter_gzip(opened.get());
    archive_read_support_format_tar(opened.get());
    archive_read_support_format_zip(opened.get());
    if (archive_read_open_memory(opened.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
        return fail(Code::invalid_input, "this is no .zip, .tar or .tar.gz");
    }
    return opened;
}

// The path without "./" before it, or why the entry does not belong into a skill.
Result<std::string> path_of(archive_entry* entry) {
    const char* text = archive_entry_pathname(entry);
    std::string path = text != nullptr ? text : "";
    while (path.starts_with("./")) path.erase(0, 2);
    const bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    while (is_folder && path.ends_with('/')) path.pop_back();
    if (is_folder && (path.empty() || path == ".")) return std::string();
    if (!os::is_plain_absolute_path("/" + path) || path.empty() || !wire::is_utf8(path)) {
        return fail(Code::denied, fmt::format("{}: the path leaves the archive, is not plain or "
                                              "not UTF-8",
                                              shown(text != nullptr ? text : "an entry")));
    }
    return path;
}

Result<> check_kind(archive_entry* entry, const std::string& path) {
    if (archive_entry_hardlink(entry) != nullptr) {
        return fail(Code::denied, shown(path) + ": is a link to another file");
    }
    if (archive_entry_is_encrypted(entry) != 0) {
        return fail(Code::denied, shown(path) + ": is encrypted");
    }
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
        case AE_IFDIR:
            return {};
        case AE_IFLNK:
            return fail(Code::denied, shown(path) + ": is a symbolic link");
        default:
            return fail(Code::denied, shown(path) + ": is a device, a pipe or a socket");
    }
}

Result<Bytes> content_of(archive* opened, const std::string& path, std::uint64_t left) {
    Bytes bytes;
    std::array<std::uint8_t, 64 * 1024> piece{};
    for (;;) {
        const la_ssize_t count = archive_read_data(opened, piece.data(), piece.size());
        if (count < 0) {
            return fail(Code::invalid_input, fmt::format("{}: is damaged", shown(path)));
        }
        if (count == 0) return bytes;
        const auto size = static_cast<std::size_t>(count);
        if (size > left - bytes.size()) {
            return fail(Code::exhausted,
                        fmt::format("{}: with it the archive has more than {} MiB", shown(path),
                                    os::LaunchSpec::staged_bytes_max >> 20U));
        }
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + count);
    }
}

struct Reading {
    archive* opened;
    std::deque<Bytes> contents;  // what the files look into
    std::vector<os::FolderFile> files;
    std::set<std::string> paths;
    std::uint64_t left = os::LaunchSpec::staged_bytes_max;

    Result<> take(archive_entry* entry) {
        const std::string path = TRY(path_of(entry));
        if (path.empty()) return {};
        TRY(check_kind(entry, path));
        if (archive_entry_filetype(entry) == AE_IFDIR) return {};
        if (!paths.insert(path).second) {
            return fail(Code::denied, shown(path) + ": stands twice in the archive");
        }
        if (files.size() >= os::folder_files_max) {
            return fail(Code::exhausted,
                        fmt::format("the archive has more than {} files", os::folder_files_max));
        }
        contents.push_back(TRY(content_of(opened, path, left)));
        left -= contents.back().size();
        files.push_back({path, contents.back(), (archive_entry_perm(entry) & 0111U) != 0});
        return {};
    }
};

}  // namespace

Result<Bytes> unpack_archive(ByteView bytes) {
    if (bytes.size() > archive_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("an archive of at most {} MiB is read", archive_bytes_max >> 20U));
    }
    const Opened opened = TRY(open(bytes));
    Reading reading{opened.get(), {}, {}, {}};
    for (std::size_t count = 0;; ++count) {
        archive_entry* entry = nullptr;
        const int got = archive_read_next_header(opened.get(), &entry);
        if (got == ARCHIVE_EOF) break;
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
            return fail(Code::invalid_input, "the archive is damaged, or of a form not read here");
        }
        if (count >= archive_entries_max) {
            return fail(Code::exhausted,
                        fmt::format("the archive has more than {} entries", archive_entries_max));
        }
        TRY(reading.take(entry));
    }
    if (reading.files.empty()) return fail(Code::invalid_input, "the archive holds no file");
    return os::pack_folder(std::move(reading.files));
}

}  // namespace hs::reader
