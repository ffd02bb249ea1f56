// Looking into JSON that a platform sent, where a member may be missing or of another type: then
// there is nothing, and the caller goes on without it.
//
// What it does not protect from: a member that is there and lies. Threads: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "wire/json.h"

namespace hs::channels {

inline const wire::Json* look(const wire::Json& json,
                              std::initializer_list<std::string_view> path) {
    const wire::Json* at = &json;
    for (const std::string_view key : path) {
        if (at == nullptr) return nullptr;
        at = at->find(key);
    }
    return at;
}

inline std::string look_text(const wire::Json& json, std::initializer_list<std::string_view> path) {
    const wire::Json* found = look(json, path);
    return found != nullptr && found->text() != nullptr ? *found->text() : "";
}

inline std::int64_t look_number(const wire::Json& json,
                                std::initializer_list<std::string_view> path) {
    const wire::Json* found = look(json, path);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

inline bool look_true(const wire::Json& json, std::initializer_list<std::string_view> path) {
    const wire::Json* found = look(json, path);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

inline const wire::JsonArray& look_list(const wire::Json& json,
                                        std::initializer_list<std::string_view> path) {
    static const wire::JsonArray none;
    const wire::Json* found = look(json, path);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

}  // namespace hs::channels
