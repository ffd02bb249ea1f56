// Storage: every change that the log makes on disk goes through these few calls.
//
// What it is for: one place for durability, and the seam at which tests let writes fail, tear or
// vanish at a power cut.
// What it does not protect from: a disk that reports a write as durable and loses it.
// Threads: used by the log's writer thread only (and by open, before that thread starts).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "audit/file_syncer.h"
#include "base/bytes.h"
#include "os/fd.h"

namespace hs::audit {

class Storage {
  public:
    enum class Sync : std::uint8_t {
        later,    // content and name may be lost or torn at a power cut
        content,  // the content is durable when the call returns; the name after sync_folders()
        name      // content and name are durable when the call returns
    };

    virtual ~Storage() = default;
    // not_found when there is no such file; exhausted when it is larger.
    virtual base::Result<base::Bytes> read(const std::string& name, std::size_t bytes_max) = 0;
    // Of the content; not_found when there is no such file.
    virtual base::Result<std::uint64_t> size(const std::string& name);
    // At most bytes_max bytes from offset on; fewer at the end. not_found when there is no file.
    virtual base::Result<base::Bytes> read_part(const std::string& name, std::uint64_t offset,
                                                std::size_t bytes_max);
    // Names in a folder, sorted; empty when there is no such folder.
    virtual base::Result<std::vector<std::string>> list(const std::string& folder) = 0;
    // Puts the whole content under the name, so that readers see the old or the new one.
    virtual base::Result<> replace(const std::string& name, base::ByteView content, Sync sync) = 0;
    // Puts a file of zeros under the name, durably.
    virtual base::Result<> make_zeros(const std::string& name, std::size_t bytes);
    // Overwrites part of an existing file.
    virtual base::Result<> write_at(const std::string& name, base::ByteView content,
                                    std::uint64_t offset) = 0;
    // Makes what write_at wrote durable.
    virtual base::Result<> sync(const std::string& name) = 0;
    // Makes every name durable that replace made or remove took since the last time.
    virtual base::Result<> sync_folders() = 0;
    // Begins to make the content durable of a file that replace wrote with Sync::later.
    virtual void sync_soon(const std::string& name) = 0;
    // Once all that was begun is durable.
    virtual base::Result<> finish_syncs() = 0;
    // Overwrites the content with zeros, durably, and then removes the file, durably.
    virtual base::Result<> destroy(const std::string& name) = 0;
    // Removes a file; no error when there is none.
    virtual base::Result<> remove(const std::string& name) = 0;
};

// The real one: a folder that belongs to us alone (0700), locked against a second log.
class FolderStorage final : public Storage {
  public:
    // conflict when another process holds it, denied when others may enter the folder.
    static base::Result<std::unique_ptr<FolderStorage>> open(const std::string& folder);

    base::Result<base::Bytes> read(const std::string& name, std::size_t bytes_max) override;
    base::Result<std::uint64_t> size(const std::string& name) override;
    base::Result<base::Bytes> read_part(const std::string& name, std::uint64_t offset,
                                        std::size_t bytes_max) override;
    base::Result<> make_zeros(const std::string& name, std::size_t bytes) override;
    base::Result<std::vector<std::string>> list(const std::string& folder) override;
    base::Result<> replace(const std::string& name, base::ByteView content, Sync sync) override;
    base::Result<> write_at(const std::string& name, base::ByteView content,
                            std::uint64_t offset) override;
    base::Result<> sync(const std::string& name) override;
    base::Result<> sync_folders() override;
    void sync_soon(const std::string& name) override { syncer_.add(path(name)); }
    base::Result<> finish_syncs() override { return syncer_.finish(); }
    base::Result<> destroy(const std::string& name) override;
    base::Result<> remove(const std::string& name) override;

  private:
    explicit FolderStorage(std::string folder) : folder_(std::move(folder)) {}
    base::Result<> make_parents(const std::string& folder);
    using Fill = std::function<base::Result<>(int descriptor)>;
    base::Result<> replace_with(const std::string& name, const Fill& fill, Sync sync);
    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    base::Result<int> kept_open(const std::string& name);

    std::string folder_;
    os::Fd lock_;
    std::map<std::string, os::Fd> open_;  // the journal: one file
    std::set<std::string> made_;          // folders that are known to exist
    std::set<std::string> unsynced_;      // folders with names that are not durable yet
    FileSyncer syncer_;
};

}  // namespace hs::audit
