// Spans: a tool's result taken apart into pieces that each have a label of their own.
//
// What it is for: a mail has a sender whom the server vouches for and a text that anyone can
// write; one label for the whole would either trust too much or be of no use.
// What it does not protect from: rules of a connector that call a stranger's text internal.
// Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/label.h"

namespace hs::flow {

struct Span {
    // What it is to whoever sees it. A value of a small type (typed_value.h) tells what its source
    // tells, but nobody can be made to follow it: it keeps its label for the calls that it goes
    // into, and leaves the reader's integrity as it was. A choice is a word of the reader's own.
    enum class Form : std::uint8_t { text, value, choice };
    std::string text;
    Label label;
    std::string origin;  // for people: "mail “Lunch” from alice@example.com"
    Form form = Form::text;
};
// What seeing it does to the label of whoever sees it.
Label label_once_seen(const Span& span);

// One element of a result, whole: what a value in it tells at most.
struct Item {
    std::string text;
    DataClasses classes;
    std::optional<std::vector<std::string>> readers;
};

// What an id stands for.
struct Object {
    std::string kind;  // "file", "email", "event", …
    std::string id;
    std::string name;
    Integrity integrity = Integrity::untrusted;
    std::optional<std::vector<std::string>> participants;
    bool is_of_this_run = false;  // made by a call of this session
};

struct LabelledResult {
    std::vector<Span> spans;
    std::vector<Item> items;
    std::vector<Object> objects;
    DataClasses classes;
    std::optional<std::vector<std::string>> readers;  // nothing: no list is known

    // Untrusted and private: of a tool that nobody has described, or a result that is not as it
    // was described.
    static LabelledResult unknown(std::string text, std::string origin);
};

inline constexpr std::size_t result_items_max = 10'000;

}  // namespace hs::flow
