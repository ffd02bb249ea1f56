// What a mail server says, which may be anybody.
#include "channels/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    // In two pieces, so that a line and a literal are cut somewhere.
    hs::channels::Imap imap(std::make_unique<hs::channels::testing::ScriptedImapLine>(
        std::deque<std::string>{text.substr(0, size / 2), text.substr(size / 2)}));
    if (!imap.begin()) return 0;
    const auto found = imap.unseen(10);
    if (!found) return 0;
    CHECK(found->size() <= 10);
    for (const auto uid : *found) {
        const auto letter = imap.fetch(uid);
        if (letter) CHECK(letter->size() <= hs::channels::Imap::letter_bytes_max);
    }
    static_cast<void>(imap.wait(hs::os::Deadline::after_ms(1), 1).ok());
    return 0;
}
