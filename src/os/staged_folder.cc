#include "os/staged_folder.h"

#include <algorithm>

#include "base/pack.h"
#include "os/launch.h"

namespace hs::os {

using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

namespace {

Result<> check_path(const std::string& path) {
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    if (!path.empty() && is_plain_absolute_path("/" + path) && depth < folder_depth_max) return {};
    return fail(Code::invalid_input, "a staged folder: a path is not plain, relative and shallow");
}

}  // namespace

Result<base::Bytes> pack_folder(std::vector<FolderFile> files) {
    if (files.size() > folder_files_max) {
        return fail(Code::exhausted, "a folder of at most 2,000 files goes into a sandbox");
    }
    std::sort(files.begin(), files.end(), [](const FolderFile& left, const FolderFile& right) {
        return left.path < right.path;
    });
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        TRY(check_path(files[i].path));
        if (i > 0 && files[i].path == files[i - 1].path) {
            return fail(Code::invalid_input, "a staged folder: two files of one path");
        }
        bytes += files[i].path.size() + files[i].bytes.size() + 9;
    }
    if (bytes + 4 > LaunchSpec::staged_bytes_max) {
        return fail(Code::exhausted, "a folder of at most 16 MiB goes into a sandbox");
    }
    Packer out;
    out.list(files, [](Packer& to, const FolderFile& file) {
        to.text(file.path);
        to.u8(file.is_executable ? 1 : 0);
        to.bytes(file.bytes);
    });
    return std::move(out).take();
}

Result<std::vector<FolderFile>> unpack_folder(ByteView bytes) {
    Unpacker in(bytes);
    std::string before;
    const auto get = [&before](Unpacker& from) -> Result<FolderFile> {
        FolderFile file;
        file.path = TRY(from.text());
        const std::uint8_t executable = TRY(from.u8());
        file.bytes = TRY(from.bytes());
        // The order makes the form the only one, and paths unique.
        if (!check_path(file.path) || file.path <= before || executable > 1) {
            return fail(Code::corrupt, "a staged folder does not have the form it is packed in");
        }
        file.is_executable = executable == 1;
        before = file.path;
        return file;
    };
    auto files = TRY(in.list<FolderFile>(get));
    TRY(in.finish());
    if (files.size() > folder_files_max) {
        return fail(Code::corrupt, "a staged folder has more files than are packed");
    }
    return files;
}

}  // namespace hs::os
