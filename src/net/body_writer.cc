#include "net/body_writer.h"

#include <fmt/format.h>

namespace hs::net {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::size_t joined_bytes_max = std::size_t{32} << 10U;
}

void BodyWriter::declare(Headers& headers, std::optional<std::uint64_t> length) {
    headers.remove("Content-Length");
    headers.remove("Transfer-Encoding");
    if (length) {
        headers.add("Content-Length", std::to_string(*length));
    } else {
        headers.add("Transfer-Encoding", "chunked");
    }
}

Result<> BodyWriter::write(ByteView bytes) {
    CHECK(!finished_);
    if (bytes.empty()) return {};  // an empty chunk would end the body
    if (left_) {
        if (bytes.size() > *left_) {
            return fail(Code::invalid_input, "the body is longer than was declared");
        }
        *left_ -= bytes.size();
        return stream_.write_all(bytes);
    }
    frame_.clear();
    fmt::format_to(std::back_inserter(frame_), "{:x}\r\n", bytes.size());
    if (bytes.size() > joined_bytes_max) {
        TRY(stream_.write_all(base::bytes_of(frame_)));
        TRY(stream_.write_all(bytes));
        return stream_.write_all(base::bytes_of("\r\n"));
    }
    frame_ += base::text_of(bytes);
    frame_ += "\r\n";
    return stream_.write_all(base::bytes_of(frame_));
}

Result<> BodyWriter::finish() {
    if (finished_) return {};
    finished_ = true;
    if (!left_) return stream_.write_all(base::bytes_of("0\r\n\r\n"));
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
