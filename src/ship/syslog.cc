#include "ship/syslog.h"

#include <fmt/format.h>

#include <chrono>

namespace hs::ship {

namespace {

constexpr int log_audit = 13;  // facility (RFC 5424 section 6.2.1)
constexpr std::size_t host_bytes_max = 255;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::int64_t connect_ms = 20'000;
// What left longer ago than this, and lies further back than the window, has been read: the
// protocol has no acknowledgement.
constexpr std::chrono::seconds settled_after{60};
// A receiver looks at our certificate after we have finished the TLS handshake (RFC 8446 section
// 4.4.2.4), and at the name in it after that. So a connection counts once it has lived for so long
// unused, and again for so long after the first batch: nothing was taken over before.
constexpr std::int64_t trial_ms = 1'000;

int syslog_severity(Severity severity) {
    switch (severity) {
        case Severity::informational:
            return 6;
        case Severity::low:
            return 5;
        case Severity::medium:
            return 4;
        case Severity::high:
            return 3;
        case Severity::critical:
            return 2;
    }
    return 6;
}

// PRINTUSASCII without spaces, cut to the limit; "-" for nothing.
std::string header_field(std::string_view text, std::size_t bytes_max) {
    std::string field;
    for (const char c : text.substr(0, bytes_max)) field += c > 0x20 && c < 0x7f ? c : '_';
    return field.empty() ? "-" : field;
}

// RFC 5424 section 6.3.3.
std::string parameter(std::string_view name, std::string_view value) {
    std::string text = fmt::format(" {}=\"", name);
    for (const char c : value) {
        if (c == '"' || c == '\\' || c == ']') text += '\\';
        text += c;
    }
    return text + "\"";
}

class Syslog final : public Sink {
  public:
    Syslog(const SinkSetting& setting, const SinkParts& parts)
        : setting_(setting), outlet_(parts.outlet), machine_(parts.machine) {}

    Delivery deliver(std::span<const Shipment> batch, const os::WakeUp& stop) override {
        if (line_) {
            if (const auto why = line_->ended()) return broken(*why, Fault::hung_up);
        } else if (auto refused = connect(stop)) {
            return std::move(*refused);
        }
        std::string frames;
        for (const Shipment& shipment : batch) {
            frames += syslog_frame(syslog_message(shipment, machine_));
        }
        const auto written =
            line_->write(base::bytes_of(frames), os::Deadline::after_ms(setting_.answer_ms), stop);
        if (!written) {
            const bool stalled = written.error().code == base::Code::timed_out;
            return broken(line_->ended().value_or(written.error().what),
                          stalled ? Fault::silent : Fault::hung_up);
        }
        if (!tried_) {
            const auto why = line_->ended_by(os::Deadline::after_ms(trial_ms), stop);
            if (why) return broken(refusal(*why), Fault::refuses_us);
            tried_ = true;
        } else if (const auto why = line_->ended()) {
            return broken(*why, Fault::hung_up);
        }
        unsettled_.push_back(
            {batch.back().place.sequence, frames.size(), std::chrono::steady_clock::now()});
        unsettled_bytes_ += frames.size();
        return settle();
    }

    Delivery rest() override {
        if (line_ == nullptr) return {};
        if (const auto why = line_->ended()) return broken(*why, Fault::hung_up);
        return settle();
    }

  private:
    struct Sent {
        std::uint64_t last = 0;
        std::size_t bytes = 0;
        std::chrono::steady_clock::time_point at;
    };

    // Nothing when the line stands.
    std::optional<Delivery> connect(const os::WakeUp& stop) {
        Fault fault = Fault::unknown;
        auto line = outlet_.connect(setting_.name, os::Deadline::after_ms(connect_ms), stop, fault);
        if (!line) return Delivery::failed(line.error(), fault);
        line_ = std::move(*line);
        tried_ = false;
        const auto why = line_->ended_by(os::Deadline::after_ms(trial_ms), stop);
        if (why) return broken(refusal(*why), Fault::refuses_us);
        return std::nullopt;
    }

    std::string refusal(const std::string& why) const {
        return fmt::format(
            "{}; the receiver ended the connection right after it began: see whether it accepts "
            "the certificate of ship.{} and the name in it",
            why, setting_.name);
    }

    Delivery broken(const std::string& why, Fault fault) {
        line_.reset();
        unsettled_.clear();
        unsettled_bytes_ = 0;
        return {Delivery::Fate::again, why, 0, 0, std::nullopt, fault};
    }

    Delivery settle() {
        Delivery delivery;
        const auto now = std::chrono::steady_clock::now();
        while (!unsettled_.empty()) {
            const Sent& first = unsettled_.front();
            const bool outside = unsettled_bytes_ - first.bytes >= setting_.window_bytes;
            if (!outside || now - first.at < settled_after) break;
            delivery.confirmed = first.last;
            unsettled_bytes_ -= first.bytes;
            unsettled_.pop_front();
        }
        return delivery;
    }

    SinkSetting setting_;
    Outlet& outlet_;
    Machine machine_;
    std::unique_ptr<Line> line_;
    bool tried_ = false;  // the line has taken a batch and lived on
    std::deque<Sent> unsettled_;
    std::size_t unsettled_bytes_ = 0;
};

}  // namespace

std::string syslog_message(const Shipment& shipment, const Machine& machine) {
    const int priority = log_audit * 8 + syslog_severity(shipment.severity);
    std::string data = "[hardshell@32473" + parameter("log", shipment.place.log) +
                       parameter("seq", std::to_string(shipment.place.sequence));
    if (shipment.place.before) data += parameter("prev", std::to_string(*shipment.place.before));
    if (shipment.place.again) data += parameter("again", "1");
    data += "]";
    return fmt::format("<{}>1 {} {} hardshell - {} {} {}{}", priority,
                       base::format_time(shipment.time_ms),
                       header_field(machine.host, host_bytes_max), audit::kind_name(shipment.kind),
                       data, byte_order_mark, shipment.text);
}

std::string syslog_frame(std::string_view message) {
    return fmt::format("{} {}", message.size(), message);
}

std::unique_ptr<Sink> make_syslog(const SinkSetting& setting, const SinkParts& parts) {
    return std::make_unique<Syslog>(setting, parts);
}

}  // namespace hs::ship
