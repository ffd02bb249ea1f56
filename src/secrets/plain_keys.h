// Plain keys: credentials that lie about in plain text: in environments, .env files, shell start
// files and other assistants' configuration. For moving them in, and for finding twins.
//
// What it does not protect from: a credential under a name that does not say so, or in a form that
// is not one line "name = value", "name: value" or "set -x name value".
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "secrets/binding.h"

namespace hs::secrets {

struct PlainKey {
    std::string variable;
    std::string value;  // whoever holds it wipes it
    std::size_t line = 0;
};

constexpr std::size_t plain_keys_max = 1'000;
constexpr std::size_t plain_text_bytes_max = std::size_t{4} << 20U;

// What the text holds, in its order; at most plain_keys_max of the first plain_text_bytes_max.
std::vector<PlainKey> plain_keys_in(std::string_view text);
// Whether a name says that its value is a credential.
bool names_a_credential(std::string_view variable);

// Under which name a variable's value is kept, and where it is known to go: nowhere when unknown.
struct KnownPlace {
    std::string name;
    Binding binding;
};
KnownPlace place_of(std::string_view variable);

}  // namespace hs::secrets
