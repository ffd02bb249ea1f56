// ContentScanner: a Scanner over bytes of any kind: text in UTF-8 or UTF-16, binary files, and
// gzip, tar and zip, which are opened as they stream past.
//
// What it does not protect from: encrypted archives, other formats of compression, and members
// beyond the limits; stopped() tells the first of these.
// Threads: a ContentScanner belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "detect/scanner.h"

namespace hs::detect {

struct ArchiveLimits {
    unsigned depth = 3;                              // archives within archives
    std::uint64_t bytes = std::uint64_t{512} << 20;  // unpacked, of all together
    std::uint64_t ratio = 200;                       // unpacked to packed, beyond a megabyte
    std::uint32_t members = 20'000;
};

// What the archives of one file have cost, shared by all layers.
struct ArchiveCost {
    ArchiveLimits limits;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint32_t members = 0;
    std::string stopped;  // why something was left out; "" when nothing was

    bool allows(std::uint64_t more);
};

// One layer: takes bytes as they come.
class Layer {
  public:
    virtual ~Layer() = default;
    virtual void feed(std::string_view bytes) = 0;
    virtual void finish() = 0;
};

// Sniffs the first bytes and makes the layer that reads them. place: "" or "zip:name".
std::unique_ptr<Layer> make_layer(const Options& options, const Sink& sink,
                                  std::shared_ptr<ArchiveCost> cost, unsigned depth,
                                  std::string place);

class ContentScanner {
  public:
    ContentScanner(Options options, Sink sink, ArchiveLimits limits = {});
    ~ContentScanner();
    ContentScanner(const ContentScanner&) = delete;
    ContentScanner& operator=(const ContentScanner&) = delete;

    void feed(std::string_view bytes);
    void finish();
    // What was left out of the scan, in one sentence; "" when nothing was.
    const std::string& stopped() const { return cost_->stopped; }

  private:
    std::shared_ptr<ArchiveCost> cost_;
    std::unique_ptr<Layer> layer_;
};

}  // namespace hs::detect
