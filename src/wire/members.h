// Members of an answer that is only shown or counted: what is missing, or of another type, is
// empty.
//
// What it is for: tables and summaries made of our own records and answers, where one odd row must
// not cost the rest.
// What it does not protect from: it tells nobody that something was wrong. Whatever a decision
// rests on is read with text_at and integer_at (wire/json.h), which fail.
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/json.h"

namespace hs::wire {

inline std::string text_in(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
}

inline std::int64_t number_in(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    return member != nullptr && member->integer() != nullptr ? *member->integer() : 0;
}

}  // namespace hs::wire
