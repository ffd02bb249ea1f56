#include "secrets/master_key.h"

#include <fmt/format.h>

#include "os/file.h"

namespace hs::secrets {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t key_bytes = 32;

Result<MasterKey> key_from_file(const std::string& path) {
    const os::FileFacts facts = TRY(os::facts_of_path(path));
    if ((facts.mode & 077U) != 0) {
        return fail(Code::denied, fmt::format("the key file {0} may be read by others; mend it "
                                              "with: chmod 600 {0}",
                                              path));
    }
    base::Bytes bytes = TRY(os::read_file(path, key_bytes));
    if (bytes.size() != key_bytes) {
        crypto::wipe(bytes);
        return fail(Code::corrupt, fmt::format("the key file {} is not a key; restore it from your "
                                               "backup",
                                               path));
    }
    MasterKey held{crypto::SecretBytes::copy_of(bytes),
                   fmt::format("The key that seals this state lies in {}: whoever can read your "
                               "files can read it. Keep a copy of it apart from your backups.",
                               path)};
    crypto::wipe(bytes);
    return held;
}

}  // namespace

Result<MasterKey> open_master_key(const std::string& state_folder, base::Random& random) {
    const std::string path = state_folder + "/master.key";
    if (os::facts_of_path(path)) return key_from_file(path);
    if (os::facts_of_path(state_folder + "/sessions.db")) {
        return fail(Code::not_found, fmt::format("{} is missing, but {} holds data sealed with it; "
                                                 "restore the key file from your backup, or move "
                                                 "the folder away to begin anew",
                                                 path, state_folder));
    }
    const auto fresh = crypto::SecretBytes::random(key_bytes, random);
    TRY(os::write_file_atomic(path, fresh.view(), 0600));
    return key_from_file(path);
}

}  // namespace hs::secrets
