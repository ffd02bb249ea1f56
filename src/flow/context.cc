#include "flow/context.h"

#include <algorithm>

namespace hs::flow {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

Context::Context(std::shared_ptr<const World> world) : world_(std::move(world)) {
    CHECK(world_ != nullptr);
}

// Null when there is no room: the text then vouches for nothing.
PassagePointer Context::passage(std::string_view text, const Label& label, std::string_view origin,
                                bool with_words) {
    const std::size_t count = person_.size() + trusted_.size() + untrusted_.size();
    if (bytes_ + text.size() > bytes_max || count >= passages_max) return nullptr;
    bytes_ += text.size();
    auto made = std::make_shared<Passage>();
    made->text = lowered(text);
    if (with_words) made->words = words_of(made->text);
    made->label = label;
    made->origin = origin;
    return made;
}

namespace {

// People forget the space between sentences: "on www.ours.example.They sent it".
std::string with_gaps(std::string_view text) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        result += text[i];
        const bool ends = text[i] == '.' && i > 0 && is_lower(text[i - 1]) && i + 2 < text.size() &&
                          is_upper(text[i + 1]) && is_lower(text[i + 2]);
        if (ends) result += ' ';
    }
    return result;
}

}  // namespace

void Context::hear(std::string_view text, const Label& label, std::string_view origin) {
    if (label.integrity != Integrity::person) {
        read({std::string(text), label, std::string(origin)});
        return;
    }
    label_ = join(label_, label);
    if (auto held = passage(with_gaps(text), label, origin, true))
        person_.push_back(std::move(held));
}

Label label_once_seen(const Span& span) {
    Label label = span.label;
    if (span.form != Span::Form::text) label.integrity = Integrity::person;
    return label;
}

// Nobody vouches for it, so it stands in no list of passages.
void Context::take_value(const Span& span) {
    items_.push_back({std::make_shared<const std::string>(lowered(span.text)), span.label.classes,
                      span.label.readers});
    if (span.form == Span::Form::choice) return;
    auto held = passage(span.text, span.label, span.origin, false);
    if (held != nullptr) {
        values_.push_back(std::move(held));
    } else {
        label_ = join(label_, span.label);  // no room to know it again
    }
}

void Context::read(const Span& span) {
    label_ = join(label_, label_once_seen(span));
    if (span.form != Span::Form::text) return take_value(span);
    // Our own words about a call repeat what the call said; they vouch for nothing.
    if (span.label.integrity == Integrity::person) return;
    take_span(span);
    if (span.text.size() > bytes_max) return;
    items_.push_back({std::make_shared<const std::string>(lowered(span.text)), span.label.classes,
                      span.label.readers});
}

void Context::take_span(const Span& span) {
    if (trimmed(span.text).empty()) return;
    const bool trusts = span.label.integrity != Integrity::untrusted;
    auto held = passage(span.text, span.label, span.origin, false);
    if (held == nullptr) return;
    (trusts ? trusted_ : untrusted_).push_back(std::move(held));
}

bool Context::person_says(std::string_view value) const {
    const std::string low = lowered(trimmed(value));
    if (is_deceptive(low)) return false;
    const ValueKind kind = kind_of(low);
    return std::any_of(person_.begin(), person_.end(), [&](const PassagePointer& said) {
        return is_literal(low, said->text, kind);
    });
}

// A text of the organisation by somebody whose address the person gave: "do what Sarah's mail
// says".
void Context::take_delegation(const ToolManifest&, const LabelledResult& result) {
    for (const Span& span : result.spans) {
        if (span.label.integrity != Integrity::internal) continue;
        const bool named =
            std::any_of(span.label.principals.begin(), span.label.principals.end(),
                        [&](const std::string& who) {
                            return kind_of(who) == ValueKind::address && person_says(who);
                        });
        if (!named) continue;
        auto held = passage(span.text, span.label, span.origin, true);
        if (held) delegated_.push_back(std::move(held));
    }
}

// A page whose address the person gave.
void Context::take_named_source(const ToolManifest& tool, const Json& arguments,
                                const LabelledResult& result) {
    if (tool.effect != ToolEffect::fetch) return;
    bool any = false;
    for (const std::string& name : tool.destinations) {
        for (const std::string& value : values_of(arguments, name)) {
            if (!person_says(value)) return;
            any = true;
        }
    }
    if (!any) return;
    for (const Span& span : result.spans) {
        auto held = passage(span.text, span.label, span.origin, false);
        if (held) named_sources_.push_back(std::move(held));
    }
}

void Context::see(const ToolManifest& tool, const Json& arguments, const LabelledResult& result) {
    if (tool.writes() && tool.is_declared()) {
        // Its result repeats what was asked for; what it made is of this session.
        for (Object object : result.objects) {
            if (objects_.size() >= objects_max) return;
            object.is_of_this_run = true;
            const ObjectKey key{object.kind, object.id};
            objects_[key] = std::make_shared<const Object>(std::move(object));
        }
        return;
    }
    take_delegation(tool, result);
    take_named_source(tool, arguments, result);
    Label whole = Label::nothing();
    for (const Span& span : result.spans) {
        take_span(span);
        if (trimmed(span.text).empty()) continue;
        whole.integrity = std::min(whole.integrity, span.label.integrity);
        for (const std::string& who : span.label.principals) {
            if (whole.principals.size() >= label_principals_max) break;
            whole.principals.push_back(who);
        }
    }
    std::sort(whole.principals.begin(), whole.principals.end());
    whole.principals.erase(std::unique(whole.principals.begin(), whole.principals.end()),
                           whole.principals.end());
    whole.classes = result.classes;
    // What everybody may know has no list of readers.
    if (result.classes.level() > 0) whole.readers = result.readers;
    const Integrity before = label_.integrity;
    label_ = join(label_, whole);
    // Many writers of one organisation do not make its texts a stranger's.
    label_.integrity = std::min(before, whole.integrity);
    for (const Item& item : result.items) {
        if (bytes_ + item.text.size() > bytes_max || items_.size() >= passages_max) break;
        bytes_ += item.text.size();
        items_.push_back(
            {std::make_shared<const std::string>(lowered(item.text)), item.classes, item.readers});
    }
    for (const Object& object : result.objects) {
        if (objects_.size() >= objects_max) break;
        objects_.emplace(ObjectKey{object.kind, object.id}, std::make_shared<const Object>(object));
    }
}

Result<> Context::declare(Plan plan) {
    if (is_tainted()) {
        return fail(Code::conflict,
                    "a plan is declared before the first text of a stranger is read; now it can "
                    "only shrink");
    }
    if (plan_) return fail(Code::conflict, "there is a plan already; it can only shrink");
    plan_ = std::move(plan);
    return {};
}

void Context::shrink_plan(const std::vector<std::string>& tools) {
    if (plan_) plan_->shrink_to(tools);
}

std::vector<std::string> Context::person_words() const {
    std::vector<std::string> words;
    for (const PassagePointer& said : person_) words.push_back(said->text);
    return words;
}

std::string Context::origin_of(std::string_view value) const {
    const std::string low = lowered(trimmed(value));
    if (low.empty()) return {};
    for (const auto* passages : {&values_, &untrusted_, &trusted_, &person_}) {
        for (const PassagePointer& seen : *passages) {
            if (seen->text.find(low) != std::string::npos) return seen->origin;
        }
    }
    return {};
}

}  // namespace hs::flow
