// Mails before anybody is known to have sent them, and key records: strangers choose every byte.
#include "mail/dkim.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto letter = hs::mail::read_letter(text);
    if (!letter) return 0;
    std::size_t asked = 0;
    const auto sender = hs::mail::proven_sender(
        *letter, {},
        [&](const std::string&) -> hs::base::Result<std::string> {
            ++asked;
            return std::string(letter->body.substr(0, 1'000));
        },
        1'528'638'000);
    CHECK(asked <= hs::mail::dkim_signatures_max);
    if (sender) CHECK(asked > 0 && sender->contains('@'));
    return 0;
}
