#include "audit/event.h"
#include "audit/tiles.h"

// A name that parses has one form; the entries of a bundle and what is left over are the bundle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const base::ByteView bytes{data, size};
    if (const auto name = audit::parse_tile_path(base::text_of(bytes))) {
        CHECK(name->path() == base::text_of(bytes));
    }
    base::Bytes again;
    const auto entries = audit::split_bundle(bytes);
    for (const auto leaf : entries.leaves) {
        audit::append_entry(again, leaf);
        (void)audit::parse_event(leaf);
    }
    again.insert(again.end(), entries.rest.begin(), entries.rest.end());
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    if (const auto hashes = audit::decode_hashes(bytes)) {
        CHECK(audit::encode_hashes(*hashes) == base::copy_bytes(bytes));
    }
    return 0;
}
