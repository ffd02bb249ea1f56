#include "hardshell-keeper/person_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace hs::keeping {

using audit::EventKind;
using audit::Field;
using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t text_bytes_max = 4000;
constexpr std::size_t detail_bytes_max = 16'000;

struct Book {
    EventKind kind;
    const char* verb;
    std::string_view first;                  // outcome of the entry that gets an id
    std::vector<std::string_view> outcomes;  // of the others
};

const std::vector<Book>& books() {
    static const std::vector<Book> all{
        {EventKind::incident,
         "incident.record",
         "opened",
         {"note", "step", "evidence", "learned", "closed"}},
        {EventKind::review, "review.record", "begun", {"attested", "report"}},
        {EventKind::leaver, "leaver.record", "begun", {"step", "report"}}};
    return all;
}

// An id of ours, so that it can be a file's name and a word on a command line.
bool is_id(const std::string& text) {
    return !text.empty() && text.size() <= 40 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c); });
}

Result<Json> record(const Book& book, const RecordingParts& parts, const gate::Sender& sender,
                    const Json& arguments) {
    const std::string outcome = TRY(wire::text_at(arguments, "outcome"));
    const std::string reason = TRY(wire::text_at(arguments, "reason"));
    std::string id = TRY(wire::text_at_or(arguments, "id", ""));
    const bool first = outcome == book.first;
    const bool known = first || std::find(book.outcomes.begin(), book.outcomes.end(), outcome) !=
                                    book.outcomes.end();
    if (!known) return fail(Code::invalid_input, "there is no such entry: " + outcome);
    if (reason.empty() || reason.size() > text_bytes_max) {
        return fail(Code::invalid_input, "a text of 1 to 4,000 bytes is needed, for the record");
    }
    if (first != id.empty()) {
        return fail(Code::invalid_input, "the first entry gets its id; every other names it");
    }
    if (first) id = base::make_id(parts.clock, parts.random);
    if (!is_id(id)) return fail(Code::invalid_input, "the id is none");
    audit::Event event(book.kind);
    event.set(Field::id, id).set(Field::person, sender.name);
    event.set(Field::outcome, outcome).set(Field::reason, reason);
    if (const Json* detail = arguments.find("detail"); detail && detail->object()) {
        if (wire::canonical_json(*detail).size() > detail_bytes_max) {
            return fail(Code::exhausted, "the entry's details are too large for a record");
        }
        for (const auto& [key, value] : *detail->object()) event.detail(key, value);
    }
    if (book.kind == EventKind::incident) event.detail("severity", "high");
    const auto index = TRY(parts.log.append_and_wait(event));
    TRY(parts.log.checkpoint_and_wait());
    return Json(JsonObject{{"id", id}, {"index", static_cast<std::int64_t>(index)}});
}

}  // namespace

void add_person_records(gate::Keeper& keeper, const RecordingParts& parts) {
    for (const Book& book : books()) {
        keeper.add_verb(book.verb, gate::Keeper::Access::person_only,
                        [&book, parts](const gate::Sender& sender, const Json& arguments) {
                            return record(book, parts, sender, arguments);
                        });
    }
}

}  // namespace hs::keeping
