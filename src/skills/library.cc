#include "skills/library.h"

#include <fmt/format.h>

#include <algorithm>

#include "skills/card.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view index_format = "hardshell skill library 1";
constexpr std::size_t reviews_max = 50;

JsonObject members(const LibraryIndex& index) {
    Json entries{JsonArray{}};
    for (const LibraryEntry& entry : index.entries) {
        Json reviews{JsonArray{}};
        for (const Review& review : entry.reviews) reviews.push(to_json(review));
        entries.push(JsonObject{{"name", entry.name},
                                {"digest", entry.digest},
                                {"file", entry.file},
                                {"reviews", std::move(reviews)}});
    }
    return {{"format", index_format},
            {"at_ms", index.at_ms},
            {"expiry_ms", index.expiry_ms},
            {"signed_by", index.signed_by},
            {"skills", std::move(entries)}};
}

base::Bytes bytes_to_sign(const JsonObject& members) {
    return base::copy_bytes(base::bytes_of(std::string(index_format) + "\n" +
                                           wire::canonical_json(Json(JsonObject(members)))));
}

Result<LibraryEntry> entry_from(const Json& json) {
    LibraryEntry entry;
    entry.name = TRY(wire::text_at(json, "name"));
    entry.digest = TRY(wire::text_at(json, "digest"));
    entry.file = TRY(wire::text_at(json, "file"));
    if (!is_skill_name(entry.name) || entry.file != library_file_of(entry.name, entry.digest)) {
        return fail(Code::invalid_input, "the library's index has a malformed row");
    }
    const wire::JsonArray& reviews = *TRY(wire::array_at(json, "reviews"));
    if (reviews.size() > reviews_max) {
        return fail(Code::invalid_input, entry.name + " has too many reviews");
    }
    for (const Json& one : reviews) entry.reviews.push_back(TRY(review_from_json(one)));
    return entry;
}

Result<LibraryIndex> index_from(const Json& json) {
    if (TRY(wire::text_at(json, "format")) != index_format) {
        return fail(Code::invalid_input,
                    "this is no index of a skill library of a kind that this "
                    "program reads (" +
                        std::string(index_format) + ")");
    }
    LibraryIndex index;
    index.at_ms = TRY(wire::integer_at(json, "at_ms"));
    index.expiry_ms = TRY(wire::integer_at(json, "expiry_ms"));
    index.signed_by = TRY(wire::text_at(json, "signed_by"));
    const wire::JsonArray& entries = *TRY(wire::array_at(json, "skills"));
    if (entries.size() > LibraryIndex::entries_max) {
        return fail(Code::exhausted,
                    fmt::format("a library has at most {} skills", LibraryIndex::entries_max));
    }
    for (const Json& one : entries) {
        LibraryEntry entry = TRY(entry_from(one));
        if (index.find(entry.name) != nullptr) {
            return fail(Code::invalid_input, entry.name + " stands twice in the library's index");
        }
        index.entries.push_back(std::move(entry));
    }
    return index;
}

Result<> check_signature(const Json& json, const LibraryIndex& index,
                         const std::vector<Reviewer>& reviewers) {
    const auto reviewer =
        std::find_if(reviewers.begin(), reviewers.end(),
                     [&](const Reviewer& one) { return one.name == index.signed_by; });
    if (reviewer == reviewers.end()) {
        return fail(Code::denied, fmt::format("the library is signed by {}, who is not among the "
                                              "configured reviewers (skill-reviewers.toml)",
                                              index.signed_by));
    }
    const auto bytes = base::from_base64(TRY(wire::text_at(json, "signature")));
    crypto::Signature signature{};
    if (bytes && bytes->size() == signature.size()) {
        std::copy(bytes->begin(), bytes->end(), signature.begin());
        // Over what was read: a member that is not known makes another text.
        if (crypto::verify(reviewer->key, bytes_to_sign(members(index)), signature)) return {};
    }
    return fail(Code::denied,
                fmt::format("the library's index does not bear the signature of {}: it was changed",
                            index.signed_by));
}

}  // namespace

const LibraryEntry* LibraryIndex::find(std::string_view name) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(),
                     [name](const LibraryEntry& entry) { return entry.name == name; });
    return found == entries.end() ? nullptr : &*found;
}

std::string library_file_of(std::string_view name, std::string_view digest) {
    return fmt::format("{}-{}.skill", name, digest.substr(0, 32));
}

std::string signed_index(const LibraryIndex& index, const crypto::SigningKey& key) {
    JsonObject object = members(index);
    object["signature"] = base::to_base64(key.sign(bytes_to_sign(members(index))));
    return wire::pretty_json(Json(std::move(object))) + "\n";
}

Result<LibraryIndex> open_index(std::string_view text, const std::vector<Reviewer>& reviewers,
                                base::WallTime_ms now_ms, base::WallTime_ms seen_ms) {
    const Json json =
        TRY(wire::parse_json(text, {.bytes_max = LibraryIndex::bytes_max, .depth_max = 8}));
    LibraryIndex index = TRY(index_from(json));
    TRY(check_signature(json, index, reviewers));
    if ((now_ms > 0 && now_ms >= index.expiry_ms) ||
        index.expiry_ms - index.at_ms > review_life_ms) {
        return fail(Code::denied,
                    "the library's index is past its time; whoever keeps it signs it "
                    "anew: hardshell skill publish");
    }
    if (index.at_ms < seen_ms) {
        return fail(Code::denied,
                    "the library's index is older than the one that was seen here: "
                    "somebody has put an old one back");
    }
    return index;
}

Result<Tree> open_library_file(const LibraryEntry& entry, base::ByteView bytes) {
    Tree tree = TRY(tree_from_packed(bytes));
    if (tree.digest() == entry.digest) return tree;
    return fail(Code::denied, fmt::format("{} is not what the library's index names: its digest "
                                          "is another",
                                          entry.file));
}

}  // namespace hs::skills
