// Any bytes as requests and as answers on one connection: bounded, no crash, and what was accepted
// can be written again.
#include <algorithm>

#include "net/http_reader.h"

namespace {

class Memory final : public hs::net::Stream {
  public:
    Memory(hs::base::ByteView bytes, std::size_t step) : left_(bytes), step_(step) {}
    hs::base::Result<std::size_t> read_some(std::span<std::uint8_t> out) override {
        const std::size_t count = std::min({left_.size(), out.size(), step_});
        std::copy_n(left_.begin(), count, out.begin());
        left_ = left_.subspan(count);
        return count;
    }
    hs::base::Result<std::size_t> write_some(hs::base::ByteView bytes) override {
        return bytes.size();
    }
    void finish_writing() override {}
    int descriptor() const override { return -1; }

  private:
    hs::base::ByteView left_;
    std::size_t step_;
};

bool drain(hs::net::HttpReader& reader) {
    for (;;) {
        const auto piece = reader.next_body();
        if (!piece) return false;
        if (piece->empty()) return reader.keeps_alive();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs::net;
    for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
        Memory requests({data, size}, step);
        HttpReader server(requests, {});
        for (auto more = server.await_message(); more && *more; more = server.await_message()) {
            const auto head = server.read_request_head();
            if (!head) break;
            static_cast<void>(format_head(*head));
            if (!drain(server)) break;
        }
        Memory answers({data, size}, step);
        HttpReader client(answers, {});
        for (auto more = client.await_message(); more && *more; more = client.await_message()) {
            const auto head = client.read_response_head(ResponseBody::as_framed);
            if (!head) break;
            static_cast<void>(format_head(*head));
            if (!drain(client)) break;
        }
    }
    return 0;
}
