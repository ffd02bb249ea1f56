// Judge: whether a value that is given to a name such as "password" or "api_key" is a secret, and
// how sure that is.
//
// What it does not protect from: a password that is one common word, and a name that hides what it
// holds. Threads: pure functions.
#pragma once

#include <string_view>

#include "detect/assignment.h"

namespace hs::detect {

enum class NameKind : unsigned char {
    none,      // password_policy, token_count, secret_name: about a secret, not one
    password,  // chosen by people
    key,       // made by machines: token, secret, key
};

// name: the whole identifier.
NameKind kind_of_name(std::string_view name);

// 0: it is none; else the confidence.
double judge_value(NameKind kind, std::string_view text, const Assignment& assignment);

// Of a password in a place that only passwords have, such as a URL.
bool is_plausible_password(std::string_view value);

}  // namespace hs::detect
