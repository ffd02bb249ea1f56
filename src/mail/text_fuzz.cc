// The parts of a mail: strangers choose every byte, also of what a signature does not cover.
#include "mail/receipt.h"
#include "mail/text.h"
#include "wire/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(hs::mail::words_of(text));
    for (const auto& address : hs::mail::addresses_in(text)) CHECK(address.contains('@'));
    static_cast<void>(hs::mail::read_date(text).ok());
    const auto letter = hs::mail::read_letter(text);
    if (!letter) return 0;
    const auto found = hs::mail::text_of(*letter);
    if (found) CHECK(found->text.size() <= hs::mail::text_bytes_max + 1);
    if (found) CHECK(hs::wire::is_utf8(found->text));
    return 0;
}
