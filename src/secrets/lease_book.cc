#include "secrets/lease_book.h"

#include "os/file.h"
#include "wire/json.h"

namespace hs::secrets {

using base::Result;
using wire::Json;

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;

}  // namespace

LeaseBook LeaseBook::open(std::string path) {
    LeaseBook book(std::move(path));
    const auto text = os::read_text(book.path_, file_bytes_max);
    const auto json = text ? wire::parse_json(*text) : Result<Json>(text.failure());
    if (!json || json->array() == nullptr) return book;
    for (const Json& id : *json->array()) {
        if (id.text() != nullptr && book.left_.size() < ids_max) book.left_.push_back(*id.text());
    }
    return book;
}

void LeaseBook::forget_left(const std::string& id) {
    std::erase(left_, id);
    // Where it cannot be written, what ended is given back once more, which harms nobody.
    static_cast<void>(write().ok());
}

Result<> LeaseBook::keep(std::vector<std::string> ids) {
    held_ = std::move(ids);
    return write();
}

Result<> LeaseBook::write() const {
    if (path_.empty()) return {};
    Json ids{wire::JsonArray{}};
    for (const auto* list : {&left_, &held_}) {
        for (const auto& id : *list) ids.push(id);
    }
    if (ids.array()->empty()) {
        return os::facts_of_path(path_) ? os::remove_file(path_) : Result<>();
    }
    return os::write_file_atomic(path_, base::bytes_of(wire::canonical_json(ids)));
}

}  // namespace hs::secrets
