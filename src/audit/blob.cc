#include "audit/blob.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/seal.h"
#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view blob_place = "hardshell/audit-blob/v1";

bool is_digest_name(std::string_view name) {
    return name.size() == 64 && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

Result<BlobStore> BlobStore::open(std::string folder, crypto::SecretBytes key) {
    CHECK(key.size() == crypto::key_bytes);
    TRY(os::make_private_folder(folder));
    return BlobStore(std::move(folder), std::move(key));
}

Result<std::string> BlobStore::path_of(std::string_view name) const {
    if (!is_digest_name(name)) {
        return fail(Code::invalid_input, "a blob's name has 64 hexadecimal digits in lower case");
    }
    return fmt::format("{}/{}/{}", folder_, name.substr(0, 2), name);
}

Result<std::string> BlobStore::put(base::ByteView plain, base::Random& random) const {
    if (plain.size() > blob_bytes_max) {
        return fail(Code::exhausted, fmt::format("a recorded content has {} bytes and may have {}",
                                                 plain.size(), blob_bytes_max));
    }
    const auto sealed = crypto::seal(key_, plain, base::bytes_of(blob_place), random);
    const std::string name = base::to_hex(crypto::sha256(sealed));
    TRY(os::make_private_folder(fmt::format("{}/{}", folder_, name.substr(0, 2))));
    TRY(os::write_file_atomic(TRY(path_of(name)), sealed, 0600));
    TRY(os::sync_folder(folder_));
    return name;
}

Result<base::Bytes> BlobStore::get(std::string_view name) const {
    const base::Bytes sealed =
        TRY(os::read_file(TRY(path_of(name)), blob_bytes_max + crypto::seal_overhead_bytes));
    if (base::to_hex(crypto::sha256(sealed)) != name) {
        return fail(Code::corrupt, fmt::format("the blob {} is not what its name says", name));
    }
    return crypto::open(key_, sealed, base::bytes_of(blob_place));
}

Result<> BlobStore::remove(std::string_view name) const {
    const auto removed = os::remove_file(TRY(path_of(name)));
    if (!removed && removed.error().code != Code::not_found) return removed;
    return {};
}

}  // namespace hs::audit
