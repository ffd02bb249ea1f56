// The first file of a backup lies where others can write it. Its costs are bounded before they are
// paid, so no made-up file stops the machine; a passphrase that is empty ends before that.
#include <cstdint>

#include "memory/backup.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static_cast<void>(hs::memory::open_backup_head({data, size}, "").ok());
    return 0;
}
