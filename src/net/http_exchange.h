// HttpExchange: one request that a server received, and the answer to it.
//
// What it is for: what a service sees: the head, who asks, the body pulled piece by piece, and the
// answer given whole or streamed. Writing blocks while the client does not read (back-pressure)
// and fails once it is gone or too slow.
// What it does not protect from: a service that does not look at client_gone() while it works.
// Threads: the connection's thread; only client_gone() and descriptor() are safe from others.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "net/body_writer.h"
#include "net/http_reader.h"

namespace hs::net {

struct Peer {
    enum class Kind : std::uint8_t { unix_socket, loopback } kind = Kind::unix_socket;
    uid_t uid = 0;  // of a unix socket's peer, when it connected
    pid_t pid = 0;
};

struct HttpTimes {
    std::int64_t idle_ms = 60'000;   // between two requests
    std::int64_t head_ms = 10'000;   // for a whole head
    std::int64_t body_ms = 60'000;   // for a whole request body
    std::int64_t write_ms = 30'000;  // for one write, at most one piece of 64 KiB
};

class HttpExchange {
  public:
    HttpExchange(Stream& stream, HttpReader& reader, const HttpTimes& times, RequestHead request,
                 const Peer& peer);

    const RequestHead& request() const { return request_; }
    const Peer& peer() const { return peer_; }

    // The request's body: pieces until one is empty. exhausted beyond the limit, timed_out when the
    // client is slow.
    base::Result<base::ByteView> next_body();
    base::Result<std::string> whole_body(std::uint64_t bytes_max);
    std::optional<std::uint64_t> content_length() const { return reader_.content_length(); }
    void set_body_limit(std::uint64_t bytes_max) { reader_.set_body_limit(bytes_max); }
    std::uint64_t bytes_read() const { return reader_.bytes_read(); }

    // The whole answer at once. Content-Length is set here; a HEAD gets no body.
    base::Result<> answer(ResponseHead head, std::string_view body);
    base::Result<> answer(int status, std::string content_type, std::string_view body);
    // A streamed answer: begin, any number of write, finish. Without a length it is chunked.
    base::Result<> begin(ResponseHead head, std::optional<std::uint64_t> length = std::nullopt);
    // The same for an answer whose first bytes are at hand: the head goes out with the first write,
    // or at the end, so that the client wakes once.
    base::Result<> begin_with_body(ResponseHead head, std::optional<std::uint64_t> length);
    base::Result<> write(std::string_view bytes);
    base::Result<> finish();

    bool begun() const { return begun_; }
    // Whether the client has closed its side: nobody waits for the answer any more.
    bool client_gone() const { return stream_.peer_gone(); }
    // For poll with POLLRDHUP beside a wait for something else.
    int descriptor() const { return stream_.descriptor(); }
    // What interrupts this exchange's waits from now on; it must outlive the exchange.
    void set_wake_up(const os::WakeUp* wake_up) { stream_.set_wake_up(wake_up); }
    // The connection ends after this answer.
    void close_after() { close_ = true; }
    // Whether the connection can take another request.
    bool reusable() const;

  private:
    std::string prepare_head(ResponseHead head, std::optional<std::uint64_t> length);
    base::Result<> write_head(ResponseHead head, std::optional<std::uint64_t> length,
                              std::string_view body);
    base::Result<> send_continue();
    base::Result<> write_pieces(std::string_view bytes);

    Stream& stream_;
    HttpReader& reader_;
    const HttpTimes& times_;
    RequestHead request_;
    Peer peer_;
    std::optional<BodyWriter> body_;
    std::optional<os::Deadline> body_deadline_;
    bool begun_ = false;
    bool finished_ = false;
    bool bodyless_ = false;  // the answer to a HEAD
    bool unframed_ = false;  // HTTP/1.0 without a length: the end of the connection ends it
    bool close_ = false;
};

// The status that tells a client about an Error of ours.
int status_of(base::Code code);

}  // namespace hs::net
