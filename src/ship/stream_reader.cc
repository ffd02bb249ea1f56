#include "ship/stream_reader.h"

#include <fmt/format.h>

#include "ship/ocsf.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

StreamReader::StreamReader(Parts parts)
    : parts_(std::move(parts)), redaction_(parts_.setting.redact, std::move(parts_.key)) {}

Result<> StreamReader::refresh() {
    if (reader_) return reader_->refresh();
    reader_ = TRY(audit::Reader::open(parts_.folder));
    return {};
}

Result<> StreamReader::seek(std::uint64_t index, std::optional<std::uint64_t> before) {
    CHECK(reader_);
    next_ = index;
    before_ = before;
    story_ = audit::Story();
    const std::uint64_t first = index > story_records ? index - story_records : 0;
    return reader_->for_each(first, index, [this](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (event) static_cast<void>(story_.take(redaction_.apply(*event)));
        return true;
    });
}

Result<std::vector<Shipment>> StreamReader::take(std::size_t count, std::uint64_t sent) {
    std::vector<Shipment> batch;
    std::size_t bytes = 0;
    Result<> outcome;
    TRY(reader_->for_each(next_, reader_->size(), [&](const audit::Record& record) {
        auto one = shipment(record, sent);
        ++next_;
        if (one) {
            bytes += one->text.size();
            before_ = one->place.sequence;
            batch.push_back(std::move(*one));
        }
        return batch.size() < count && bytes < batch_bytes_max;
    }));
    return batch;
}

std::optional<Shipment> StreamReader::shipment(const audit::Record& record, std::uint64_t sent) {
    const auto parsed = audit::parse_event(record.leaf);
    // What is no event of this version cannot be mapped; `hardshell audit verify` names it.
    if (!parsed) return std::nullopt;
    const Severity severity = severity_of(*parsed);
    const audit::RecordedEvent event = redaction_.apply(*parsed);
    const audit::EventFacts facts = story_.take(event);
    if (severity < parts_.setting.minimum) return std::nullopt;
    Shipment made;
    made.place = {log(), record.index, before_, record.index < sent};
    made.kind = event.kind;
    made.time_ms = event.time_ms;
    made.severity = severity;
    made.body = parts_.setting.format == Format::json
                    ? plain_body(event, made.place)
                    : ocsf_body({event, facts, made.place, parts_.machine, severity,
                                 base::to_hex(audit::leaf_hash(record.leaf))});
    made.text = wire::canonical_json(made.body);
    return made;
}

base::WallTime_ms StreamReader::next_time_ms() {
    if (!reader_ || next_ >= reader_->size()) return 0;
    const auto record = reader_->record(next_);
    const auto event = record ? audit::parse_event(record->leaf) : record.failure();
    return event ? event->time_ms : 0;
}

}  // namespace hs::ship
