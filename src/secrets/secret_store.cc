#include "secrets/secret_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::secrets {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

constexpr std::size_t reference_bytes_max = 1'024;

bool letters_digits_or(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

// A path that a server could read as another one.
bool wanders(const std::string& path) {
    const std::string whole = "/" + path + "/";
    return whole.find("/../") != std::string::npos || whole.find("/./") != std::string::npos ||
           whole.find("//") != std::string::npos;
}

}  // namespace

Result<> SecretStore::put(const std::string&, base::ByteView) {
    return fail(Code::denied,
                "this store is filled with its own tools; name what lies in it with "
                "--reference");
}

Result<> SecretStore::drop(const std::string&) {
    return {};
}

Result<> SecretStore::end(const std::string&, const StoreWait&) {
    return {};
}

Result<> SecretStore::close(const StoreWait&) {
    return {};
}

Result<crypto::SecretBytes> checked_value(std::string_view value, const std::string& store) {
    const bool plain = std::none_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
    if (!value.empty() && value.size() <= SecretStore::value_bytes_max && plain) {
        return crypto::SecretBytes::copy_of(base::bytes_of(value));
    }
    return fail(Code::corrupt, fmt::format("the store {} answered with a wrong type: no single "
                                           "line of 1 to 16384 bytes is under this reference",
                                           store));
}

// Whatever kept the request from the store is no word of the store's: only it says denied.
Failure unreachable(const std::string& store, const base::Error& error) {
    const bool slow = error.code == Code::timed_out;
    const Code code = slow || error.code == Code::cancelled ? error.code : Code::io;
    return fail(code,
                fmt::format("the store {} {}: {}", store,
                            slow ? "does not answer in time" : "cannot be reached", error.what));
}

Failure wrong_type(const std::string& store) {
    return fail(Code::corrupt,
                fmt::format("the store {} answered with a wrong type; check its url", store));
}

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<StoreReference> parse_reference(const std::string& text) {
    const std::size_t mark = std::min(text.find('#'), text.size());
    StoreReference reference{text.substr(0, mark), text.substr(std::min(mark + 1, text.size()))};
    const std::string& path = reference.path;
    const bool sound = !path.empty() && text.size() <= reference_bytes_max &&
                       letters_digits_or(path, "-_./:+=@") &&
                       letters_digits_or(reference.field, "-_.") && !wanders(path);
    if (sound) return reference;
    return fail(Code::invalid_input,
                "a reference is PATH or PATH#FIELD, of letters, digits and -_./:+=@");
}

}  // namespace hs::secrets
