#include "net/body_writer.h"

#include <fmt/format.h>

#include "crypto/secret.h"

namespace hs::net {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::size_t joined_bytes_max = std::size_t{32} << 10U;

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    text.clear();
}
}  // namespace

void BodyWriter::declare(Headers& headers, std::optional<std::uint64_t> length) {
    headers.remove("Content-Length");
    headers.remove("Transfer-Encoding");
    if (length) {
        headers.add("Content-Length", std::to_string(*length));
    } else {
        headers.add("Transfer-Encoding", "chunked");
    }
}

BodyWriter::~BodyWriter() {
    wipe_text(head_);
}

// The head with the first bytes of the body in one write; a large body follows in another.
Result<> BodyWriter::write_head_with(ByteView bytes) {
    if (bytes.size() > joined_bytes_max) {
        TRY(write_head_with({}));
        return stream_.write_all(bytes);
    }
    std::string whole;
    whole.reserve(head_.size() + bytes.size());
    whole += head_;
    whole += base::text_of(bytes);
    wipe_text(head_);
    const auto written = stream_.write_all(base::bytes_of(whole));
    wipe_text(whole);
    return written;
}

Result<> BodyWriter::write_framed(ByteView bytes) {
    return head_.empty() ? stream_.write_all(bytes) : write_head_with(bytes);
}

Result<> BodyWriter::write(ByteView bytes) {
    CHECK(!finished_);
    if (bytes.empty()) return {};  // an empty chunk would end the body
    if (left_) {
        if (bytes.size() > *left_) {
            return fail(Code::invalid_input, "the body is longer than was declared");
        }
        *left_ -= bytes.size();
        return write_framed(bytes);
    }
    frame_.clear();
    fmt::format_to(std::back_inserter(frame_), "{:x}\r\n", bytes.size());
    if (bytes.size() > joined_bytes_max) {
        TRY(write_framed(base::bytes_of(frame_)));
        TRY(stream_.write_all(bytes));
        return stream_.write_all(base::bytes_of("\r\n"));
    }
    frame_ += base::text_of(bytes);
    frame_ += "\r\n";
    return write_framed(base::bytes_of(frame_));
}

Result<> BodyWriter::finish() {
    if (finished_) return {};
    finished_ = true;
    if (!left_) return write_framed(base::bytes_of("0\r\n\r\n"));
    TRY(send_head());
    if (*left_ == 0) return {};
    return fail(Code::invalid_input, "the body is shorter than was declared");
}

Result<> write_message(Stream& stream, std::string head, ByteView body) {
    if (body.size() > joined_bytes_max) {
        TRY(stream.write_all(base::bytes_of(head)));
        return stream.write_all(body);
    }
    head += base::text_of(body);
    return stream.write_all(base::bytes_of(head));
}

}  // namespace hs::net
