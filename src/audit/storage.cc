#include "audit/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t folder_entries_max = 2'000'000;
constexpr std::size_t part_file_bytes_max = std::size_t{256} << 20U;
constexpr std::size_t part_bytes = std::size_t{64} << 10U;

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

}  // namespace

Result<std::uint64_t> Storage::size(const std::string& name) {
    return TRY(read(name, part_file_bytes_max)).size();
}

Result<base::Bytes> Storage::read_part(const std::string& name, std::uint64_t offset,
                                       std::size_t bytes_max) {
    base::Bytes whole = TRY(read(name, part_file_bytes_max));
    if (offset >= whole.size()) return base::Bytes{};
    const auto rest = base::ByteView(whole).subspan(static_cast<std::size_t>(offset));
    const auto part = rest.first(std::min(bytes_max, rest.size()));
    return base::Bytes(part.begin(), part.end());
}

Result<> Storage::make_zeros(const std::string& name, std::size_t bytes) {
    return replace(name, base::Bytes(bytes, 0), Sync::name);
}

Result<std::unique_ptr<FolderStorage>> FolderStorage::open(const std::string& folder) {
    TRY(os::make_private_folder(folder));
    TRY(os::make_private_folder(folder + "/private"));
    std::unique_ptr<FolderStorage> storage(new FolderStorage(folder));
    auto lock = os::lock_file(folder + "/private/lock", fmt::format("{}", ::getpid()));
    if (!lock) {
        return fail(lock.error().code,
                    fmt::format("the log in {} is in use (by process {}); stop that one first",
                                folder, lock.error().what));
    }
    storage->lock_ = std::move(*lock);
    return storage;
}

Result<base::Bytes> FolderStorage::read(const std::string& name, std::size_t bytes_max) {
    return os::read_file(path(name), bytes_max);
}

Result<std::vector<std::string>> FolderStorage::list(const std::string& folder) {
    auto names = os::list_folder(path(folder), folder_entries_max);
    if (!names && names.error().code == Code::not_found) return std::vector<std::string>{};
    return names;
}

Result<> FolderStorage::make_parents(const std::string& folder) {
    if (!made_.insert(folder).second) return {};
    TRY(os::make_folders(folder, 0700));
    // Each folder on the way may be new, and its name must become durable too.
    for (std::string at = folder; at.size() > folder_.size();) {
        at = parent_of(at);
        TRY(os::sync_folder(at));
    }
    return {};
}

Result<> FolderStorage::replace_with(const std::string& name, const Fill& fill, Sync sync) {
    const std::string target = path(name);
    const std::string folder = parent_of(target);
    TRY(make_parents(folder));
    const std::string beside = target + ".new";
    {
        const os::Fd file = TRY(os::open_file(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600));
        TRY(fill(file.get()));
        if (sync != Sync::later) TRY(os::sync_data(file.get()));
    }
    TRY(os::rename_file(beside, target));
    if (sync == Sync::name) return os::sync_folder(folder);
    unsynced_.insert(folder);
    return {};
}

Result<> FolderStorage::replace(const std::string& name, base::ByteView content, Sync sync) {
    return replace_with(
        name, [content](int descriptor) { return os::write_all(descriptor, content); }, sync);
}

// In small steps: memory that is touched for the first time costs more than the write.
Result<> FolderStorage::make_zeros(const std::string& name, std::size_t bytes) {
    const auto fill = [bytes](int descriptor) -> Result<> {
        const base::Bytes zeros(std::min(bytes, part_bytes), 0);
        for (std::size_t done = 0; done < bytes; done += zeros.size()) {
            const auto step = std::min(zeros.size(), bytes - done);
            TRY(os::write_all(descriptor, base::ByteView(zeros).first(step)));
        }
        return {};
    };
    return replace_with(name, fill, Sync::name);
}

Result<std::uint64_t> FolderStorage::size(const std::string& name) {
    const os::Fd file = TRY(os::open_file(path(name), O_RDONLY));
    return TRY(os::facts_of(file.get())).size_bytes;
}

Result<base::Bytes> FolderStorage::read_part(const std::string& name, std::uint64_t offset,
                                             std::size_t bytes_max) {
    const os::Fd file = TRY(os::open_file(path(name), O_RDONLY));
    base::Bytes part(bytes_max);
    part.resize(TRY(os::read_at(file.get(), part, offset)));
    return part;
}

Result<int> FolderStorage::kept_open(const std::string& name) {
    const auto found = open_.find(name);
    if (found != open_.end()) return found->second.get();
    os::Fd file = TRY(os::open_file(path(name), O_RDWR));
    return open_.emplace(name, std::move(file)).first->second.get();
}

Result<> FolderStorage::write_at(const std::string& name, base::ByteView content,
                                 std::uint64_t offset) {
    return os::write_all_at(TRY(kept_open(name)), content, offset);
}

Result<> FolderStorage::sync(const std::string& name) {
    return os::sync_data(TRY(kept_open(name)));
}

Result<> FolderStorage::sync_folders() {
    while (!unsynced_.empty()) {
        TRY(os::sync_folder(*unsynced_.begin()));
        unsynced_.erase(unsynced_.begin());
    }
    return {};
}

Result<> FolderStorage::destroy(const std::string& name) {
    {
        const os::Fd file = TRY(os::open_file(path(name), O_WRONLY));
        const auto facts = TRY(os::facts_of(file.get()));
        TRY(os::write_all_at(file.get(), base::Bytes(facts.size_bytes, 0), 0));
        TRY(os::sync_data(file.get()));
    }
    TRY(os::remove_file(path(name)));
    return os::sync_folder(parent_of(path(name)));
}

Result<> FolderStorage::remove(const std::string& name) {
    const auto removed = os::remove_file(path(name));
    if (!removed && removed.error().code != Code::not_found) return removed;
    return {};
}

}  // namespace hs::audit
