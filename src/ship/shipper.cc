#include "ship/shipper.h"

#include <fmt/format.h>

#include "os/file.h"
#include "ship/sink.h"
#include "ship/stream_reader.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// A failure is recorded when it has lasted for so many tries, and then once.
constexpr int failures_recorded = 3;

std::string make_guid(base::Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);  // RFC 4122, version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
    const std::string hex = base::to_hex(bytes);
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

std::string_view state_name(SinkStatus::State state) {
    constexpr std::array<std::string_view, 4> names = {"starting", "working", "failing", "stopped"};
    return names[static_cast<std::size_t>(state)];
}

}  // namespace

std::uint64_t SinkStatus::lag() const {
    return log_size > position.sent ? log_size - position.sent : 0;
}

Json SinkStatus::to_json() const {
    return JsonObject{{"name", name},
                      {"kind", sink_kind_name(kind)},
                      {"state", state_name(state)},
                      {"lag", static_cast<std::int64_t>(lag())},
                      {"lag_ms", lag_ms},
                      {"next", static_cast<std::int64_t>(position.next)},
                      {"sent", static_cast<std::int64_t>(position.sent)},
                      {"delivered", static_cast<std::int64_t>(position.delivered)},
                      {"resent", static_cast<std::int64_t>(position.resent)},
                      {"lost", static_cast<std::int64_t>(position.lost)},
                      {"fault", fault == Fault::none ? "" : fault_name(fault)},
                      {"problem", problem},
                      {"worked", worked_ms == 0 ? Json() : Json(base::format_time(worked_ms))}};
}

// One sink: its thread, its reader, its position.
class Shipper::Stream {
  public:
    Stream(SinkSetting setting, Parts& parts, Position position, const os::WakeUp& stop)
        : setting_(std::move(setting)),
          parts_(parts),
          stop_(stop),
          path_(parts.state_folder + "/" + setting_.name + ".position"),
          position_(std::move(position)),
          reader_({parts.log_folder, setting_, parts.machine, parts.key_for(setting_.name)}),
          sink_(make_sink(setting_, {parts.outlet, parts.machine, position_.channel})),
          batch_(setting_.batch) {
        publish();
    }

    void begin() {
        thread_ = std::thread([this] { run(); });
    }
    void end() {
        if (thread_.joinable()) thread_.join();
    }
    SinkStatus status() const {
        return status_.with([](const SinkStatus& held) { return held; });
    }

  private:
    void run() {
        while (!stop_.raised()) {
            const auto stepped = step();
            if (!stepped) note_failure(stepped.error().what, Fault::log);
            record_counters();
            publish();
            if (wait_ms_ > 0) pause(std::exchange(wait_ms_, 0));
        }
        if (placed_) static_cast<void>(save_position(path_, position_).ok());  // its counters
        state_ = SinkStatus::State::stopped;
        publish();
    }

    Result<> step() {
        wait_ms_ = parts_.times.look_ms;
        const auto refreshed = reader_.refresh();
        if (!refreshed && refreshed.error().code == Code::not_found) return {};  // no log yet
        TRY(refreshed);
        if (!placed_) TRY(find_place());
        const auto batch = TRY(reader_.take(batch_, position_.sent));
        if (batch.empty()) return rest();
        TRY(mark_sent());
        const auto begun = std::chrono::steady_clock::now();
        const Delivery delivery = sink_->deliver(batch, stop_);
        const auto took = std::chrono::steady_clock::now() - begun;
        slow_ = took >= std::chrono::milliseconds(parts_.times.slow_ms);
        return handle(delivery, batch);
    }

    // Where the stream goes on: at its position, or at the beginning of a log that is another.
    Result<> find_place() {
        if (position_.log != reader_.log()) {
            const std::uint64_t start = setting_.from_start ? 0 : reader_.size();
            position_.log = reader_.log();
            position_.next = position_.sent = start;
            position_.last.reset();
        }
        if (position_.next > reader_.size()) {
            return fail(Code::corrupt,
                        fmt::format("{} records were shipped and the log has {}: it was cut or "
                                    "restored from an older copy",
                                    position_.next, reader_.size()));
        }
        TRY(reader_.seek(position_.next, position_.last));
        placed_ = true;
        return {};
    }

    // What is about to leave may arrive even if we learn nothing of it.
    Result<> mark_sent() {
        if (reader_.next_index() <= position_.sent) return {};
        position_.sent = reader_.next_index();
        return save_position(path_, position_);
    }

    Result<> rest() {
        const Delivery delivery = sink_->rest();
        if (delivery.fate == Delivery::Fate::again) return start_over(delivery);
        // Records that this sink does not get count as handed over.
        if (reader_.next_index() > position_.sent) position_.sent = reader_.next_index();
        return confirm(delivery);
    }

    Result<> handle(const Delivery& delivery, std::span<const Shipment> batch) {
        switch (delivery.fate) {
            case Delivery::Fate::taken:
                return take_over(delivery, batch);
            case Delivery::Fate::again:
                return start_over(delivery);
            case Delivery::Fate::too_much:
            case Delivery::Fate::rejected:
                return divide(delivery, batch);
        }
        return {};
    }

    Result<> take_over(const Delivery& delivery, std::span<const Shipment> batch) {
        for (const Shipment& shipment : batch) {
            if (shipment.place.again) ++position_.resent;
            if (shipment.kind != audit::EventKind::ship) ++counted_;
        }
        position_.delivered += batch.size() - delivery.lost;
        if (delivery.lost != 0) record_loss(delivery.lost, batch, delivery.why);
        worked_ms_ = parts_.clock.wall_ms();
        // After a refusal the batches grow again.
        batch_ = std::min(setting_.batch, batch_ * 2);
        wait_ms_ = 0;
        note_success();
        return confirm(delivery);
    }

    Result<> confirm(const Delivery& delivery) {
        if (!delivery.confirmed || *delivery.confirmed < position_.next) return {};
        position_.next = *delivery.confirmed + 1;
        position_.last = delivery.confirmed;
        return save_position(path_, position_);
    }

    // Everything since the last confirmed record goes again.
    Result<> start_over(const Delivery& delivery) {
        placed_ = false;
        wait_ms_ = std::max(delivery.wait_ms, next_pause());
        note_failure(delivery.why, delivery.fault);
        return {};
    }

    // Finds the record that the receiver does not take, and passes over it alone.
    Result<> divide(const Delivery& delivery, std::span<const Shipment> batch) {
        placed_ = false;
        wait_ms_ = 0;
        if (batch.size() > 1) {
            batch_ = batch.size() / 2;
            return {};
        }
        record_loss(1, batch, delivery.why);
        position_.next = batch.front().place.sequence + 1;
        position_.last = batch.front().place.sequence;
        TRY(save_position(path_, position_));
        return {};
    }

    std::int64_t next_pause() {
        pause_ms_ = pause_ms_ == 0 ? parts_.times.pause_ms
                                   : std::min(pause_ms_ * 2, parts_.times.pause_max_ms);
        return pause_ms_;
    }

    void note_failure(const std::string& why, Fault fault) {
        state_ = SinkStatus::State::failing;
        fault_ = fault;
        problem_ = why;
        if (wait_ms_ == parts_.times.look_ms) wait_ms_ = next_pause();
        if (++failures_ != failures_recorded) return;
        audit::Event event(audit::EventKind::ship);
        event.set(audit::Field::outcome, "failing").set(audit::Field::reason, why);
        event.detail("sink", setting_.name).detail("fault", fault_name(fault));
        parts_.record(std::move(event.detail("severity", "medium")));
    }

    void note_success() {
        if (failures_ >= failures_recorded) {
            audit::Event event(audit::EventKind::ship);
            event.set(audit::Field::outcome, "working").detail("sink", setting_.name);
            parts_.record(std::move(event));
        }
        failures_ = 0;
        pause_ms_ = 0;
        state_ = SinkStatus::State::working;
        fault_ = slow_ ? Fault::slow : Fault::none;
        problem_.clear();
    }

    void record_loss(std::uint64_t count, std::span<const Shipment> batch, const std::string& why) {
        position_.lost += count;
        audit::Event event(audit::EventKind::ship);
        event.set(audit::Field::outcome, "lost").set(audit::Field::reason, why);
        event.detail("sink", setting_.name).detail("severity", "high");
        event.detail("count", static_cast<std::int64_t>(count));
        event.detail("first", static_cast<std::int64_t>(batch.front().place.sequence));
        event.detail("last", static_cast<std::int64_t>(batch.back().place.sequence));
        parts_.record(std::move(event));
    }

    // Counters, never an event for each shipment; and none for having shipped the last counters.
    void record_counters() {
        const auto now = parts_.clock.steady();
        if (now - counters_at_ < std::chrono::milliseconds(parts_.times.counters_ms)) return;
        counters_at_ = now;
        if (std::exchange(counted_, 0) == 0) return;
        audit::Event event(audit::EventKind::ship);
        event.set(audit::Field::outcome, "counters").detail("sink", setting_.name);
        event.detail("delivered", static_cast<std::int64_t>(position_.delivered));
        event.detail("resent", static_cast<std::int64_t>(position_.resent));
        event.detail("lost", static_cast<std::int64_t>(position_.lost));
        parts_.record(std::move(event));
    }

    void publish() {
        SinkStatus next;
        next.name = setting_.name;
        next.kind = setting_.kind;
        next.state = state_;
        next.position = position_;
        next.log_size = reader_.size();
        const base::WallTime_ms oldest_ms = next.lag() == 0 ? 0 : reader_.next_time_ms();
        next.lag_ms =
            oldest_ms == 0 ? 0 : std::max<std::int64_t>(0, parts_.clock.wall_ms() - oldest_ms);
        next.fault = fault_;
        next.problem = problem_;
        next.worked_ms = worked_ms_;
        status_.with([&](SinkStatus& held) { held = std::move(next); });
    }

    void pause(std::int64_t ms) {
        const auto stopped =
            os::wait_for(stop_.fd(), os::Ready::readable, os::Deadline::after_ms(ms));
        static_cast<void>(stopped.ok());  // the loop looks at the wake-up itself
    }

    const SinkSetting setting_;
    Parts& parts_;
    const os::WakeUp& stop_;
    const std::string path_;
    Position position_;
    StreamReader reader_;
    std::unique_ptr<Sink> sink_;
    std::size_t batch_;
    bool placed_ = false;
    std::int64_t wait_ms_ = 0;
    std::int64_t pause_ms_ = 0;
    int failures_ = 0;
    std::uint64_t counted_ = 0;
    SinkStatus::State state_ = SinkStatus::State::starting;
    Fault fault_ = Fault::none;
    bool slow_ = false;  // the last delivery was
    std::string problem_;
    base::WallTime_ms worked_ms_ = 0;
    std::chrono::steady_clock::time_point counters_at_ = std::chrono::steady_clock::now();
    mutable base::Guarded<SinkStatus> status_;
    std::thread thread_;
};

Shipper::Shipper(Parts parts) : parts_(std::move(parts)) {}

Shipper::~Shipper() {
    stop();
}

Result<> Shipper::start(const std::vector<SinkSetting>& sinks) {
    CHECK(streams_.empty());
    TRY(os::make_private_folder(parts_.state_folder));
    stop_ = std::make_unique<os::WakeUp>(TRY(os::WakeUp::make()));
    for (const SinkSetting& setting : sinks) {
        auto position = load_position(parts_.state_folder + "/" + setting.name + ".position");
        if (!position && position.error().code != Code::not_found) return position.failure();
        Position held = position ? *position : Position{};
        if (held.channel.empty()) held.channel = make_guid(parts_.random);
        streams_.push_back(std::make_unique<Stream>(setting, parts_, std::move(held), *stop_));
    }
    for (auto& stream : streams_) stream->begin();
    return {};
}

void Shipper::stop() {
    if (stop_) stop_->raise();
    for (auto& stream : streams_) stream->end();
}

std::vector<SinkStatus> Shipper::status() const {
    std::vector<SinkStatus> list;
    for (const auto& stream : streams_) list.push_back(stream->status());
    return list;
}

}  // namespace hs::ship
