// PeekedStream: a stream whose first bytes have been read already and are given once more.
// Threads: one thread at a time, as any Stream.
#pragma once

#include "net/stream.h"

namespace hs::egress {

class PeekedStream final : public net::Stream {
  public:
    PeekedStream(std::unique_ptr<net::Stream> inner, base::Bytes first)
        : inner_(std::move(inner)), first_(std::move(first)) {}

    base::Result<std::size_t> read_some(std::span<std::uint8_t> out) override {
        if (at_ == first_.size()) return inner_->read_some(out);
        const std::size_t count = std::min(out.size(), first_.size() - at_);
        std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }
    base::Result<std::size_t> write_some(base::ByteView bytes) override {
        return inner_->write_some(bytes);
    }
    void finish_writing() override { inner_->finish_writing(); }
    int descriptor() const override { return inner_->descriptor(); }
    bool has_buffered() const override { return at_ < first_.size() || inner_->has_buffered(); }
    void set_deadline(os::Deadline deadline) override {
        Stream::set_deadline(deadline);
        inner_->set_deadline(deadline);
    }
    void set_wake_up(const os::WakeUp* wake_up) override {
        Stream::set_wake_up(wake_up);
        inner_->set_wake_up(wake_up);
    }

  private:
    std::unique_ptr<net::Stream> inner_;
    base::Bytes first_;
    std::size_t at_ = 0;
};

}  // namespace hs::egress
