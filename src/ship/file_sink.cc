#include "ship/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "os/file.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

namespace {

class FileSink final : public Sink {
  public:
    explicit FileSink(const SinkSetting& setting) : setting_(setting) {}

    Delivery deliver(std::span<const Shipment> batch, const os::WakeUp&) override {
        const auto written = write(batch);
        if (!written) {
            file_ = {};
            return Delivery::failed(written.error(), Fault::disk);
        }
        Delivery delivery;
        delivery.confirmed = batch.back().place.sequence;
        return delivery;
    }

  private:
    Result<> write(std::span<const Shipment> batch) {
        // Someone may have moved the file away, as rotation by others does.
        const auto named = os::facts_of_path(setting_.path);
        const auto held = file_ ? os::facts_of(file_.get()) : Result<os::FileFacts>(named);
        const bool same = named && held && named->inode == held->inode;
        if (!file_ || !same) TRY(open());
        if (size_ >= setting_.rotate_bytes) TRY(rotate(batch.front().place.sequence));
        std::string lines;
        for (const Shipment& shipment : batch) lines += shipment.text + "\n";
        TRY(os::write_all(file_.get(), base::bytes_of(lines)));
        TRY(os::sync_data(file_.get()));
        size_ += lines.size();
        return {};
    }

    Result<> open() {
        file_ = TRY(os::open_file(setting_.path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW));
        const auto facts = TRY(os::facts_of(file_.get()));
        if (facts.kind != os::FileFacts::Kind::regular) {
            file_ = {};
            return fail(Code::invalid_input, fmt::format("{} is no regular file", setting_.path));
        }
        size_ = facts.size_bytes;
        if (size_ == 0) return {};
        // A line that a crash cut in half ends here; its record comes again.
        std::array<std::uint8_t, 1> last{};
        TRY(os::read_at(file_.get(), last, size_ - 1));
        if (last[0] != '\n') TRY(os::write_all(file_.get(), base::bytes_of("\n")));
        return {};
    }

    Result<> rotate(std::uint64_t next) {
        TRY(os::rename_file(setting_.path, fmt::format("{}.{}", setting_.path, next)));
        return open();
    }

    SinkSetting setting_;
    os::Fd file_;
    std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_file(const SinkSetting& setting, const SinkParts&) {
    return std::make_unique<FileSink>(setting);
}

}  // namespace hs::ship
