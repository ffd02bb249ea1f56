#include "detect/content.h"

#include <algorithm>

#include "detect/archive.h"

namespace hs::detect {

bool ArchiveCost::allows(std::uint64_t more) {
    unpacked += more;
    const std::uint64_t ceiling = std::max<std::uint64_t>(packed * limits.ratio, 1 << 20);
    if (unpacked <= limits.bytes && unpacked <= ceiling) return true;
    if (stopped.empty())
        stopped = "an archive unpacks to more than the limit; the rest is not scanned";
    return false;
}

namespace {

class TextLayer : public Layer {
  public:
    TextLayer(Options options, const Sink& sink, std::string place)
        : scanner_(options, [sink, place = std::move(place)](const Finding& finding) {
              if (place.empty()) return sink(finding);
              Finding placed = finding;
              placed.within = place + (finding.within.empty() ? "" : "/" + finding.within);
              sink(placed);
          }) {}
    void feed(std::string_view bytes) override { scanner_.feed(bytes); }
    void finish() override { scanner_.finish(); }

  private:
    Scanner scanner_;
};

// UTF-16 as UTF-8, so that rules for letters see letters. Columns then count UTF-8 bytes.
class WideLayer : public Layer {
  public:
    WideLayer(std::unique_ptr<Layer> below, bool big_endian)
        : below_(std::move(below)), big_endian_(big_endian) {}

    void feed(std::string_view bytes) override {
        std::string out;
        for (const char byte : bytes) {
            if (!held_) {
                first_ = static_cast<unsigned char>(byte);
                held_ = true;
                continue;
            }
            held_ = false;
            const unsigned second = static_cast<unsigned char>(byte);
            put(out, big_endian_ ? first_ << 8 | second : second << 8 | first_);
        }
        below_->feed(out);
    }
    void finish() override { below_->finish(); }

  private:
    static void put(std::string& out, unsigned unit) {
        if (unit == 0xFEFF) return;
        if (unit < 0x80) {
            out += static_cast<char>(unit);
        } else if (unit < 0x800) {
            out += static_cast<char>(0xC0 | unit >> 6);
            out += static_cast<char>(0x80 | (unit & 0x3F));
        } else {
            out += static_cast<char>(0xE0 | unit >> 12);
            out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
            out += static_cast<char>(0x80 | (unit & 0x3F));
        }
    }

    std::unique_ptr<Layer> below_;
    bool big_endian_;
    bool held_ = false;
    unsigned first_ = 0;
};

bool is_tar(std::string_view head) {
    return head.size() >= 262 && head.substr(257, 5) == "ustar";
}

// Holds the first bytes until it can tell what they begin.
class SniffLayer : public Layer {
  public:
    SniffLayer(Options options, Sink sink, std::shared_ptr<ArchiveCost> cost, unsigned depth,
               std::string place)
        : options_(options),
          sink_(std::move(sink)),
          cost_(std::move(cost)),
          depth_(depth),
          place_(std::move(place)) {}

    void feed(std::string_view bytes) override {
        if (below_ != nullptr) return below_->feed(bytes);
        const std::size_t wanted = head_bytes - head_.size();
        head_ += bytes.substr(0, wanted);
        if (head_.size() < head_bytes) return;
        choose();
        below_->feed(head_);
        if (bytes.size() > wanted) below_->feed(bytes.substr(wanted));
    }
    void finish() override {
        if (below_ == nullptr) {
            choose();
            below_->feed(head_);
        }
        below_->finish();
    }

  private:
    static constexpr std::size_t head_bytes = 8'192;

    void choose() {
        const std::string_view head = head_;
        const bool opens = depth_ < cost_->limits.depth;
        const Nest nest{options_, sink_, cost_, depth_ + 1, place_};
        if (opens && head.starts_with("\x1F\x8B\x08")) {
            below_ = make_gzip_layer(nest);
        } else if (opens && head.starts_with("PK\x03\x04")) {
            below_ = make_zip_layer(nest);
        } else if (opens && is_tar(head)) {
            below_ = make_tar_layer(nest);
        } else {
            Options options = options_;
            const bool wide = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
            if (!wide && head.find('\0') != std::string_view::npos) {
                options.wanted.is_binary = true;
                options.wanted.personal = false;
                options.wanted.injection = false;
            }
            below_ = std::make_unique<TextLayer>(options, sink_, place_);
            if (wide) below_ = std::make_unique<WideLayer>(std::move(below_), head[0] == '\xFE');
        }
    }

    Options options_;
    Sink sink_;
    std::shared_ptr<ArchiveCost> cost_;
    unsigned depth_;
    std::string place_;
    std::string head_;
    std::unique_ptr<Layer> below_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Options& options, const Sink& sink,
                                  std::shared_ptr<ArchiveCost> cost, unsigned depth,
                                  std::string place) {
    return std::make_unique<SniffLayer>(options, sink, std::move(cost), depth, std::move(place));
}

ContentScanner::ContentScanner(Options options, Sink sink, ArchiveLimits limits)
    : cost_(std::make_shared<ArchiveCost>()) {
    cost_->limits = limits;
    layer_ = make_layer(options, sink, cost_, 0, "");
}

ContentScanner::~ContentScanner() = default;

void ContentScanner::feed(std::string_view bytes) {
    cost_->packed += bytes.size();
    layer_->feed(bytes);
}

void ContentScanner::finish() {
    layer_->finish();
}

}  // namespace hs::detect
