// TileWriter: the growing tree and its tiles and entry bundles on disk.
//
// What it is for: turns durable records into the files of the tlog-tiles layout.
// What it does not protect from: the loss of a tile, full or not, at a power cut; the journal still
// has its records until make_durable() has returned.
// Threads: the log's writer thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "audit/storage.h"
#include "audit/tiles.h"

namespace hs::audit {

class TileWriter {
  public:
    // Reads the unfinished tiles of a log of that size and removes those of other widths. corrupt
    // names the file that is missing or is not what the tree says.
    static base::Result<TileWriter> open(Storage& storage, std::uint64_t size);

    // Adds a record; writes the tiles and the bundle that it completes.
    base::Result<> append(base::ByteView leaf, const Digest& hash);
    // Writes the unfinished tiles and the bundle of the present size, those that are not written.
    base::Result<> write_unfinished(Storage::Sync sync);
    // Everything so far survives a power cut once this returns.
    base::Result<> make_durable();

    // Removes the unfinished forms of tiles that are full by now. Only once nothing durable names a
    // size that needs them.
    base::Result<> remove_obsolete();

    const Tree& tree() const { return tree_; }

  private:
    explicit TileWriter(Storage& storage) : storage_(&storage) {}
    base::Result<> load(std::uint64_t size);
    base::Result<> load_bundle(std::uint64_t size);
    base::Result<> write_full(const TileName& name, base::ByteView content);
    base::Result<> write_once(const TileName& name, base::ByteView content, Storage::Sync sync);

    Storage* storage_;
    Tree tree_;
    base::Bytes bundle_;  // of the unfinished tile of level 0
    // Unfinished tiles that are on disk, by path, and whether durably. A path has one content for
    // ever, and one that the state counts on must not be put at risk by writing it again.
    std::map<std::string, bool> written_;
    std::vector<TileName> obsolete_;
};

}  // namespace hs::audit
