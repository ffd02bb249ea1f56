// Scripted peers for the tests of rooms that speak over streams: a stream over memory, a client
// that sends raw bytes, and certificates made on the spot.
//
// Not for the product: it is included by *_test.cc files only.
// Threads: as each class says.
#pragma once

#include <string>

#include "net/stream.h"
#include "os/socket.h"

namespace hs::net::testing {

// Input is what was given; output is kept. step_bytes: how much one read yields at most.
class MemoryStream final : public Stream {
  public:
    explicit MemoryStream(std::string input, std::size_t step_bytes = 1U << 20U)
        : input_(std::move(input)), step_bytes_(step_bytes) {}
    base::Result<std::size_t> read_some(std::span<std::uint8_t> out) override {
        const std::size_t count = std::min({input_.size() - at_, out.size(), step_bytes_});
        std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }
    base::Result<std::size_t> write_some(base::ByteView bytes) override {
        output += base::text_of(bytes);
        return bytes.size();
    }
    void finish_writing() override {}
    int descriptor() const override { return -1; }

    std::string output;

  private:
    std::string input_;
    std::size_t step_bytes_;
    std::size_t at_ = 0;
};

inline os::Fd connect_loopback(std::uint16_t port) {
    const std::uint8_t loopback[] = {127, 0, 0, 1};
    auto fd = os::connect_tcp(loopback, port, os::Deadline::after_ms(5'000));
    CHECK(fd.ok());
    return std::move(*fd);
}

// Everything that the peer sends until it ends, or until the time is up.
inline std::string read_to_end(Stream& stream, std::int64_t within_ms = 5'000) {
    stream.set_deadline(os::Deadline::after_ms(within_ms));
    std::string out;
    std::uint8_t piece[4096];
    for (;;) {
        const auto count = stream.read_some(piece);
        if (!count || *count == 0) return out;
        out.append(reinterpret_cast<const char*>(piece), *count);
    }
}

// Sends raw bytes on a fresh connection and returns all that comes back.
inline std::string talk(std::uint16_t port, std::string_view bytes) {
    SocketStream stream(connect_loopback(port));
    stream.set_deadline(os::Deadline::after_ms(5'000));
    static_cast<void>(stream.write_all(base::bytes_of(bytes)));
    return read_to_end(stream);
}

// A certificate authority and a certificate of it for one host, as PEM.
struct MadeCertificates {
    std::string root_pem;
    std::string chain_pem;
    std::string key_pem;
};
// names: as in a subjectAltName extension, "DNS:localhost,IP:127.0.0.1". valid_s may be negative
// for a certificate that has expired.
MadeCertificates make_certificates(const std::string& names, long valid_s = 3600);

}  // namespace hs::net::testing
