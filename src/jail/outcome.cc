#include "jail/outcome.h"

#include <array>
#include <csignal>
#include <cstring>

#include "base/pack.h"

namespace hs::jail {

using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

std::string_view ending_name(Ending ending) {
    switch (ending) {
        case Ending::exited:
            return "exited";
        case Ending::signalled:
            return "signalled";
        case Ending::timed_out:
            return "timed_out";
        case Ending::out_of_memory:
            return "out_of_memory";
        case Ending::violated:
            return "violated";
        case Ending::killed:
            return "killed";
        case Ending::not_started:
            return "not_started";
    }
    return "unknown";
}

std::string_view attempt_name(AttemptKind kind) {
    constexpr std::array<std::string_view, 5> names = {"read", "write", "run", "resolve",
                                                       "connect"};
    return names[static_cast<std::size_t>(kind)];
}

base::Bytes pack_outcome(const Outcome& outcome) {
    Packer out;
    out.u8(static_cast<std::uint8_t>(outcome.ending));
    out.u32(static_cast<std::uint32_t>(outcome.code));
    out.u32(static_cast<std::uint32_t>(outcome.signal));
    out.text(outcome.violation);
    out.text(outcome.step);
    out.text(outcome.problem);
    out.u64(outcome.usage.wall_us);
    out.u64(outcome.usage.cpu_us);
    out.u64(outcome.usage.memory_peak_bytes);
    out.list(outcome.denied, [](Packer& to, const DeniedCall& call) {
        to.text(call.name);
        to.u32(call.count);
    });
    out.list(outcome.enforced, [](Packer& to, const Enforcement& enforcement) {
        to.text(enforcement.what);
        to.text(enforcement.by);
    });
    out.list(outcome.attempts, [](Packer& to, const Attempt& attempt) {
        to.u8(static_cast<std::uint8_t>(attempt.kind));
        to.text(attempt.what);
    });
    out.list(outcome.notes, [](Packer& to, const std::string& note) { to.text(note); });
    return std::move(out).take();
}

Result<Outcome> unpack_outcome(base::ByteView bytes) {
    if (bytes.size() > Outcome::packed_bytes_max) {
        return fail(Code::corrupt, "an outcome of more than 96 KiB");
    }
    Unpacker in(bytes);
    Outcome outcome;
    const std::uint8_t ending = TRY(in.u8());
    if (ending > static_cast<std::uint8_t>(Ending::not_started)) {
        return fail(Code::corrupt, "an outcome with an unknown ending");
    }
    outcome.ending = static_cast<Ending>(ending);
    outcome.code = static_cast<std::int32_t>(TRY(in.u32()));
    outcome.signal = static_cast<std::int32_t>(TRY(in.u32()));
    outcome.violation = TRY(in.text());
    outcome.step = TRY(in.text());
    outcome.problem = TRY(in.text());
    outcome.usage.wall_us = TRY(in.u64());
    outcome.usage.cpu_us = TRY(in.u64());
    outcome.usage.memory_peak_bytes = TRY(in.u64());
    const auto get_call = [](Unpacker& from) -> Result<DeniedCall> {
        DeniedCall call;
        call.name = TRY(from.text());
        call.count = TRY(from.u32());
        return call;
    };
    outcome.denied = TRY(in.list<DeniedCall>(get_call));
    const auto get_enforcement = [](Unpacker& from) -> Result<Enforcement> {
        Enforcement enforcement;
        enforcement.what = TRY(from.text());
        enforcement.by = TRY(from.text());
        return enforcement;
    };
    outcome.enforced = TRY(in.list<Enforcement>(get_enforcement));
    const auto get_attempt = [](Unpacker& from) -> Result<Attempt> {
        Attempt attempt;
        const std::uint8_t kind = TRY(from.u8());
        if (kind > static_cast<std::uint8_t>(AttemptKind::connect)) {
            return fail(Code::corrupt, "an outcome with an unknown kind of attempt");
        }
        attempt.kind = static_cast<AttemptKind>(kind);
        attempt.what = TRY(from.text());
        return attempt;
    };
    outcome.attempts = TRY(in.list<Attempt>(get_attempt));
    outcome.notes = TRY(in.list<std::string>([](Unpacker& from) { return from.text(); }));
    TRY(in.finish());
    return outcome;
}

std::string describe(const Outcome& outcome) {
    const std::string seconds = std::to_string(outcome.usage.wall_us / 1'000'000) + " s";
    switch (outcome.ending) {
        case Ending::exited:
            return "exit code " + std::to_string(outcome.code);
        case Ending::signalled: {
            const char* name = ::sigabbrev_np(outcome.signal);
            return "ended by signal " + std::to_string(outcome.signal) +
                   (name != nullptr ? std::string(" (SIG") + name + ")" : std::string());
        }
        case Ending::timed_out:
            return "stopped: its time was up after " + seconds;
        case Ending::out_of_memory:
            return "stopped: it used more memory than its limit";
        case Ending::violated:
            return "stopped: it called " + outcome.violation;
        case Ending::killed:
            return "stopped on request after " + seconds;
        case Ending::not_started:
            return "not started: " + outcome.step + ": " + outcome.problem;
    }
    return "unknown";
}

}  // namespace hs::jail
