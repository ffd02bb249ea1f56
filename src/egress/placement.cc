#include "egress/placement.h"

#include <algorithm>

#include "crypto/secret.h"
#include "net/http_message.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

std::string with(std::string_view text, std::string_view value) {
    const std::size_t at = text.find(credential_place);
    std::string out;
    // One allocation, so that no copy of the value is left behind.
    out.reserve(text.size() + value.size());
    out.append(text.substr(0, at)).append(value);
    return out.append(text.substr(at + credential_place.size()));
}

void wipe(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

PlaceForm place_form(std::string_view header) {
    if (header == "(path)") return PlaceForm::path;
    if (header == "(message)") return PlaceForm::message;
    if (header == "(sasl-plain)") return PlaceForm::sasl_plain;
    return PlaceForm::none;
}

std::size_t places_in(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(credential_place); at != std::string_view::npos;
         at = text.find(credential_place, at + credential_place.size())) {
        ++count;
    }
    return count;
}

Result<std::string> in_path(std::string_view target, base::ByteView value) {
    const std::string_view text = base::text_of(value);
    // It must stay one part of the path.
    if (places_in(target) != 1 || text.empty() || !net::is_target(text) ||
        text.find_first_of("/?#%\\") != std::string_view::npos) {
        return fail(Code::invalid_input, "the credential cannot stand in a path");
    }
    return with(target, text);
}

Result<std::string> in_message(std::string_view message, PlaceForm form, std::string_view user,
                               base::ByteView value) {
    const std::string_view text = base::text_of(value);
    if (places_in(message) != 1 || text.empty()) {
        return fail(Code::invalid_input, "the message has not one place for the credential");
    }
    if (form == PlaceForm::message) {
        const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
            return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
        });
        if (!plain) return fail(Code::invalid_input, "the credential cannot stand in a message");
        return with(message, text);
    }
    if (form != PlaceForm::sasl_plain || text.find('\0') != std::string_view::npos) {
        return fail(Code::invalid_input, "the credential has no place in this stream");
    }
    std::string plain;
    plain.reserve(user.size() + text.size() + 2);
    plain.append(1, '\0').append(user).append(1, '\0').append(text);
    std::string encoded = base::to_base64(base::bytes_of(plain));
    wipe(plain);
    std::string out = with(message, encoded);
    wipe(encoded);
    return out;
}

}  // namespace hs::egress
