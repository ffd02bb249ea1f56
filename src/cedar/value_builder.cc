#include <algorithm>

#include "cedar/value.h"

namespace hs::cedar {
namespace {

bool by_name(const Field& a, const Field& b) {
    return a.name < b.name;
}

}  // namespace

Value ValueBuilder::string(std::string_view text) const {
    return Value::borrowed_string(arena_->keep_text(text));
}

Value ValueBuilder::ip(const IpAddress& address) const {
    return Value::borrowed_ip(arena_->keep(address));
}

const EntityKey* ValueBuilder::key(std::string_view type, std::string_view id) const {
    EntityKey made = make_key(type, id);
    made.type = arena_->keep_text(type);
    made.id = arena_->keep_text(id);
    return arena_->keep(made);
}

Value ValueBuilder::entity(std::string_view type, std::string_view id) const {
    return Value::borrowed_entity(key(type, id));
}

Value ValueBuilder::set(std::span<const Value> items) const {
    std::span<Value> kept = arena_->keep_all(items);
    std::sort(kept.begin(), kept.end(),
              [](const Value& a, const Value& b) { return compare(a, b) < 0; });
    const auto end = std::unique(kept.begin(), kept.end());
    return Value::sorted_set({kept.data(), static_cast<std::size_t>(end - kept.begin())});
}

Value ValueBuilder::set(std::initializer_list<Value> items) const {
    return set(std::span<const Value>(items.begin(), items.size()));
}

Value ValueBuilder::record(std::span<const Field> fields) const {
    std::span<Field> kept = arena_->keep_all(fields);
    for (Field& field : kept) field.name = arena_->keep_text(field.name);
    std::sort(kept.begin(), kept.end(), by_name);
    for (std::size_t i = 1; i < kept.size(); ++i) CHECK(kept[i - 1].name != kept[i].name);
    return Value::sorted_record(kept);
}

Value ValueBuilder::record(std::initializer_list<Field> fields) const {
    return record(std::span<const Field>(fields.begin(), fields.size()));
}

Value ValueBuilder::with(const Value& record, std::span<const std::string_view> path,
                         Value value) const {
    CHECK(!path.empty() && record.is(ValueKind::record));
    const Value* old = record.find(path.front());
    const std::span<const Field> fields = record.fields();
    if (path.size() > 1) {
        CHECK(old != nullptr);
        value = with(*old, path.subspan(1), value);
    }
    Field* kept = arena_->take_array<Field>(fields.size() + 1);
    std::size_t count = 0;
    for (const Field& field : fields) {
        Field* made = new (kept + count++) Field(field);
        if (field.name == path.front()) made->value = value;
    }
    if (old == nullptr) {
        new (kept + count++) Field{arena_->keep_text(path.front()), value};
        std::sort(kept, kept + count, by_name);
    }
    return Value::sorted_record({kept, count});
}

Value ValueBuilder::copy(const Value& value) const {
    switch (value.kind()) {
        case ValueKind::string:
            return string(value.as_text());
        case ValueKind::entity:
            return entity(value.as_entity().type, value.as_entity().id);
        case ValueKind::ip:
            return ip(value.as_ip());
        case ValueKind::set: {
            std::span<Value> items = arena_->keep_all(value.items());
            for (Value& item : items) item = copy(item);
            return Value::sorted_set(items);
        }
        case ValueKind::record: {
            std::span<Field> fields = arena_->keep_all(value.fields());
            for (Field& field : fields) {
                field.name = arena_->keep_text(field.name);
                field.value = copy(field.value);
            }
            return Value::sorted_record(fields);
        }
        case ValueKind::boolean:
        case ValueKind::integer:
        case ValueKind::decimal:
        case ValueKind::datetime:
        case ValueKind::duration:
            return value;
    }
    return value;
}

}  // namespace hs::cedar
