#include "detect/archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace hs::detect {

namespace {

constexpr std::size_t name_bytes_max = 200;

// Inflates one stream into a layer.
class Inflater {
  public:
    enum class State : unsigned char { running, ended, failed };

    explicit Inflater(int window_bits) { ready_ = ::inflateInit2(&stream_, window_bits) == Z_OK; }
    ~Inflater() {
        if (ready_) ::inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    // Bytes taken from the front of bytes are removed from it.
    State pass(std::string_view& bytes, Layer& to, ArchiveCost& cost) {
        if (!ready_) return State::failed;
        // zlib does not write to its input; its type is older than const.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        State state = State::running;
        while (state == State::running) {
            stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
            stream_.avail_out = static_cast<uInt>(out_.size());
            const int told = ::inflate(&stream_, Z_NO_FLUSH);
            const std::size_t made = out_.size() - stream_.avail_out;
            if (!cost.allows(made)) return State::failed;
            to.feed({out_.data(), made});
            if (told == Z_STREAM_END) state = State::ended;
            if (told != Z_OK && told != Z_STREAM_END && told != Z_BUF_ERROR) return State::failed;
            if (state == State::running && stream_.avail_out != 0) break;
        }
        bytes.remove_prefix(bytes.size() - stream_.avail_in);
        return state;
    }

  private:
    z_stream stream_{};
    bool ready_ = false;
    std::array<char, 32'768> out_{};
};

class GzipLayer : public Layer {
  public:
    explicit GzipLayer(const Nest& nest) : nest_(nest), below_(nest.member("gzip", "")) {}

    void feed(std::string_view bytes) override {
        if (state_ != Inflater::State::running) return;
        state_ = inflater_.pass(bytes, *below_, *nest_.cost);
    }
    void finish() override { below_->finish(); }

  private:
    Nest nest_;
    std::unique_ptr<Layer> below_;
    Inflater inflater_{16 + MAX_WBITS};
    Inflater::State state_ = Inflater::State::running;
};

class TarLayer : public Layer {
  public:
    explicit TarLayer(const Nest& nest) : nest_(nest) {}

    void feed(std::string_view bytes) override {
        while (!bytes.empty() && !ended_) {
            if (left_ > 0) {
                const std::string_view piece = bytes.substr(0, left_);
                if (member_ != nullptr) member_->feed(piece);
                left_ -= piece.size();
                bytes.remove_prefix(piece.size());
                if (left_ == 0) close();
            } else if (padding_ > 0) {
                const std::size_t skip = std::min<std::size_t>(padding_, bytes.size());
                padding_ -= skip;
                bytes.remove_prefix(skip);
            } else {
                const std::string_view piece = bytes.substr(0, block_bytes - header_.size());
                header_ += piece;
                bytes.remove_prefix(piece.size());
                if (header_.size() == block_bytes) open();
            }
        }
    }
    void finish() override { close(); }

  private:
    static constexpr std::size_t block_bytes = 512;

    void open() {
        const std::string header = std::move(header_);
        header_.clear();
        if (header[0] == '\0') return;  // the blocks of zeros at the end
        if (header.substr(257, 5) != "ustar" ||
            ++nest_.cost->members > nest_.cost->limits.members) {
            ended_ = true;
            return;
        }
        std::uint64_t size = 0;
        for (const char digit : header.substr(124, 11)) {
            if (digit >= '0' && digit <= '7') size = size * 8 + static_cast<unsigned>(digit - '0');
        }
        left_ = size;
        padding_ = (block_bytes - size % block_bytes) % block_bytes;
        if (header[156] != '0' && header[156] != '\0') return;
        const std::string name = header.substr(0, 100);
        member_ = nest_.member("tar", std::string_view(name).substr(0, name.find('\0')));
    }
    void close() {
        if (member_ != nullptr) member_->finish();
        member_.reset();
    }

    Nest nest_;
    std::unique_ptr<Layer> member_;
    std::string header_;
    std::uint64_t left_ = 0;
    std::uint64_t padding_ = 0;
    bool ended_ = false;
};

class ZipLayer : public Layer {
  public:
    explicit ZipLayer(const Nest& nest) : nest_(nest) {}

    void feed(std::string_view bytes) override {
        while (!bytes.empty() && phase_ != Phase::ended) {
            if (phase_ == Phase::header) {
                take_header(bytes);
            } else if (phase_ == Phase::stored) {
                const std::string_view piece = bytes.substr(0, left_);
                if (member_ != nullptr) member_->feed(piece);
                left_ -= piece.size();
                bytes.remove_prefix(piece.size());
                if (left_ == 0) close();
            } else {
                const auto state = inflater_->pass(bytes, *member_, *nest_.cost);
                if (state == Inflater::State::failed) {
                    phase_ = Phase::ended;
                } else if (state == Inflater::State::ended) {
                    close();
                }
            }
        }
    }
    void finish() override { close(); }

  private:
    enum class Phase : unsigned char { header, stored, deflated, ended };
    static constexpr std::size_t header_bytes = 30;

    unsigned number(std::size_t at, std::size_t bytes) const {
        unsigned value = 0;
        for (std::size_t i = bytes; i-- > 0;) {
            value = value << 8 | static_cast<unsigned char>(header_[at + i]);
        }
        return value;
    }

    void take_header(std::string_view& bytes) {
        // A data descriptor may stand before the next header: pass over it, at most 24 bytes.
        const std::size_t wanted =
            header_.size() < header_bytes ? header_bytes - header_.size() : full_ - header_.size();
        const std::string_view piece = bytes.substr(0, wanted);
        header_ += piece;
        bytes.remove_prefix(piece.size());
        if (header_.size() < header_bytes) return;
        if (!header_.starts_with("PK\x03\x04")) {
            const std::size_t next = header_.find("PK\x03\x04", 1);
            const bool ends = header_.find("PK\x01\x02") != std::string::npos;
            if (next == std::string::npos || ends) {
                phase_ = Phase::ended;
                return;
            }
            header_.erase(0, next);
            return;
        }
        full_ = header_bytes + number(26, 2) + number(28, 2);
        if (header_.size() >= full_) open();
    }

    void open() {
        const unsigned flags = number(6, 2);
        const unsigned method = number(8, 2);
        left_ = number(18, 4);
        const bool sized = (flags & 8U) == 0;
        const bool sealed = (flags & 1U) != 0;
        const std::string name = header_.substr(header_bytes, number(26, 2));
        header_.clear();
        const bool readable = !sealed && (method == 8 || (method == 0 && sized));
        if (++nest_.cost->members > nest_.cost->limits.members || (!readable && !sized)) {
            return stop("a zip has members that cannot be read; the rest is not scanned");
        }
        if (!readable) {
            nest_.cost->stopped =
                "a zip has members that are encrypted or compressed in another way";
            phase_ = left_ > 0 ? Phase::stored : Phase::header;
            return;
        }
        member_ = nest_.member("zip", name);
        if (method == 8) {
            inflater_ = std::make_unique<Inflater>(-MAX_WBITS);
            phase_ = Phase::deflated;
        } else {
            phase_ = left_ > 0 ? Phase::stored : Phase::header;
        }
    }
    void stop(const char* why) {
        nest_.cost->stopped = why;
        phase_ = Phase::ended;
    }
    void close() {
        if (member_ != nullptr) member_->finish();
        member_.reset();
        inflater_.reset();
        if (phase_ != Phase::ended) phase_ = Phase::header;
    }

    Nest nest_;
    std::unique_ptr<Layer> member_;
    std::unique_ptr<Inflater> inflater_;
    std::string header_;
    std::size_t full_ = header_bytes;
    std::uint64_t left_ = 0;
    Phase phase_ = Phase::header;
};

}  // namespace

std::unique_ptr<Layer> Nest::member(std::string_view kind, std::string_view name) const {
    std::string where = place.empty() ? "" : place + "/";
    where += kind;
    if (!name.empty()) where += ":" + std::string(name.substr(0, name_bytes_max));
    return make_layer(options, sink, cost, depth, std::move(where));
}

std::unique_ptr<Layer> make_gzip_layer(const Nest& nest) {
    return std::make_unique<GzipLayer>(nest);
}
std::unique_ptr<Layer> make_tar_layer(const Nest& nest) {
    return std::make_unique<TarLayer>(nest);
}
std::unique_ptr<Layer> make_zip_layer(const Nest& nest) {
    return std::make_unique<ZipLayer>(nest);
}

}  // namespace hs::detect
