#include "egress/client_hello.h"

#include "net/address.h"

namespace hs::egress {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

constexpr std::uint8_t handshake_record = 22;
constexpr std::uint8_t hello_message = 1;
constexpr std::size_t record_bytes_max = 16384;
constexpr std::uint16_t server_name_extension = 0;
constexpr std::uint16_t protocols_extension = 16;
constexpr std::uint16_t encrypted_hello_extension = 0xfe0d;

base::Failure malformed(const char* what) {
    return fail(Code::invalid_input, std::string("the TLS hello ") + what);
}

// Lengths as TLS writes them, each checked against what is left.
class Reader {
  public:
    explicit Reader(ByteView bytes) : left_(bytes) {}
    Result<std::size_t> number(unsigned width) {
        std::size_t value = 0;
        for (const std::uint8_t byte : TRY(bytes(width))) value = (value << 8U) | byte;
        return value;
    }
    Result<ByteView> bytes(std::size_t count) {
        if (count > left_.size()) return malformed("has lengths that disagree");
        const ByteView taken = left_.first(count);
        left_ = left_.subspan(count);
        return taken;
    }
    // Bytes with their own length before them.
    Result<ByteView> block(unsigned width) { return bytes(TRY(number(width))); }
    bool empty() const { return left_.empty(); }

  private:
    ByteView left_;
};

// The handshake's bytes out of the records that came so far; one message may span several.
Result<Bytes> unpack_records(ByteView stream) {
    Bytes message;
    while (stream.size() >= 5) {
        if (stream[0] != handshake_record || stream[1] != 3) {
            return malformed("is none: these are no TLS handshake records");
        }
        const std::size_t length = (std::size_t{stream[3]} << 8U) | stream[4];
        if (length == 0 || length > record_bytes_max) return malformed("has a record of no sense");
        const std::size_t held = std::min(length, stream.size() - 5);
        message.insert(message.end(), stream.begin() + 5,
                       stream.begin() + 5 + static_cast<std::ptrdiff_t>(held));
        if (held < length) return message;
        stream = stream.subspan(5 + length);
    }
    if (!stream.empty() && stream[0] != handshake_record) {
        return malformed("is none: these are no TLS handshake records");
    }
    return message;
}

Result<std::string> read_server_name(ByteView extension) {
    Reader outer(extension);
    Reader list(TRY(outer.block(2)));
    if (!outer.empty()) return malformed("has bytes behind its server name");
    std::string name;
    while (!list.empty()) {
        const std::size_t type = TRY(list.number(1));
        const ByteView text = TRY(list.block(2));
        if (type != 0 || !name.empty()) return malformed("names more than one server");
        const auto host = net::canonical_host(base::text_of(text));
        if (!host) return malformed("names a server that is no host name");
        name = *host;
    }
    if (name.empty()) return malformed("has an empty server name");
    return name;
}

Result<bool> offers_http11(ByteView extension) {
    Reader outer(extension);
    Reader list(TRY(outer.block(2)));
    while (!list.empty()) {
        if (base::text_of(TRY(list.block(1))) == "http/1.1") return true;
    }
    return false;
}

Result<ClientHello> read_extensions(ByteView bytes) {
    ClientHello hello;
    Reader list(bytes);
    bool named = false;
    while (!list.empty()) {
        const std::size_t type = TRY(list.number(2));
        const ByteView content = TRY(list.block(2));
        if (type == server_name_extension) {
            if (named) return malformed("has two server name extensions");
            named = true;
            hello.server_name = TRY(read_server_name(content));
        }
        if (type == encrypted_hello_extension) hello.has_encrypted_hello = true;
        if (type == protocols_extension) hello.offers_http11 = TRY(offers_http11(content));
    }
    return hello;
}

}  // namespace

Result<std::optional<ClientHello>> parse_client_hello(ByteView stream) {
    if (stream.size() > hello_bytes_max) return malformed("is too long");
    const Bytes handshake = TRY(unpack_records(stream));
    if (handshake.size() < 4) return std::optional<ClientHello>();
    if (handshake[0] != hello_message) return malformed("is another message");
    const std::size_t length =
        (std::size_t{handshake[1]} << 16U) | (std::size_t{handshake[2]} << 8U) | handshake[3];
    if (length > hello_bytes_max) return malformed("is too long");
    if (handshake.size() < 4 + length) return std::optional<ClientHello>();
    if (handshake.size() > 4 + length) return malformed("is followed by another message");
    Reader hello(ByteView(handshake).subspan(4));
    TRY(hello.bytes(2 + 32));  // version, random
    TRY(hello.block(1));       // session
    TRY(hello.block(2));       // cipher suites
    TRY(hello.block(1));       // compression
    if (hello.empty()) return std::optional<ClientHello>(ClientHello{});
    const ByteView extensions = TRY(hello.block(2));
    if (!hello.empty()) return malformed("has bytes behind its end");
    return std::optional<ClientHello>(TRY(read_extensions(extensions)));
}

}  // namespace hs::egress
