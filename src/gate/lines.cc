#include "gate/lines.h"

#include "gate/frames.h"

namespace hs::gate {

using base::Code;
using base::Result;

namespace {

constexpr std::size_t lines_max = 1024;

}  // namespace

Sender Lines::answered_at(const Sender& from, const os::Frame& frame) const {
    Sender sender = from;
    if (from.kind != Sender::Kind::daemon) return sender;
    const auto line = lines_.find(frame.id >> line_shift);
    if (line != lines_.end()) sender.channel = line->second;
    return sender;
}

Result<bool> Lines::take(const Sender& from, os::Frame& frame) {
    const std::uint64_t number = frame.id >> line_shift;
    if (frame.kind == static_cast<std::uint16_t>(FrameKind::line_end)) {
        if (from.kind == Sender::Kind::daemon) lines_.erase(number);
        return true;
    }
    if (frame.kind != static_cast<std::uint16_t>(FrameKind::line)) return false;
    if (from.kind != Sender::Kind::daemon || frame.descriptors.size() != 1 ||
        lines_.size() >= lines_max) {
        return base::fail(Code::denied, "the keeper opens no such line");
    }
    lines_[number] = std::make_shared<os::Channel>(std::move(frame.descriptors.front()));
    return true;
}

}  // namespace hs::gate
