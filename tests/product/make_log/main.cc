// hs_make_log FOLDER COUNT: a log of COUNT events by the product's own writer, fast, for the
// corruption run (tests/product/corruption_test.py).
//
// FOLDER/log is the whole log, FOLDER/short the same one as it was at nine tenths (a restored
// snapshot), FOLDER/other one of other keys. The keys repeat; nothing of them is a secret.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "audit/event.h"
#include "audit/log_core.h"
#include "os/system.h"

namespace hs {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t batch_records = 1000;
constexpr base::WallTime_ms began_ms = 1'790'000'000'000;

base::Bytes event_number(std::uint64_t number) {
    using audit::Field;
    const std::string id = fmt::format("01M{:023}", number / 2);
    const bool decides = number % 2 == 0;
    audit::Event event(decides ? audit::EventKind::decision : audit::EventKind::effect_ended);
    event.set(Field::decision, id).set(Field::outcome, decides ? "allow" : "ok");
    if (decides) {
        event.set(Field::person, fmt::format("uid {}", 1000 + number % 7));
        event.set(Field::session, fmt::format("01S{:023}", number / 50));
        event.detail("request", wire::JsonObject{{"path", fmt::format("/p/{}", number % 997)}});
    }
    event.detail("number", static_cast<std::int64_t>(number));
    auto leaf = event.encode(began_ms + static_cast<base::WallTime_ms>(number) * 700);
    CHECK(leaf.ok());
    return std::move(*leaf);
}

class Maker {
  public:
    Maker(const fs::path& folder, std::uint64_t seed) : folder_(folder.string()) {
        base::ScriptedRandom random(seed);
        keys_.emplace(audit::LogKeys{crypto::SigningKey::generate(random),
                                     crypto::SecretBytes::random(32, random)});
        options_.origin = fmt::format("test.example/log-{}", seed);
        auto storage = audit::FolderStorage::open(folder_);
        CHECK(storage.ok());
        storage_ = std::move(*storage);
        auto core = audit::LogCore::open(*storage_, *keys_, options_, random_, began_ms);
        CHECK(core.ok());
        core_ = std::move(*core);
    }

    // Up to that many records; an epoch ends after each of the sizes.
    void fill(std::uint64_t count, const std::set<std::uint64_t>& epochs) {
        std::vector<base::Bytes> batch;
        while (core_->size() + batch.size() < count) {
            batch.push_back(event_number(core_->size() + batch.size()));
            const std::uint64_t size = core_->size() + batch.size();
            const bool ends = epochs.contains(size);
            if (batch.size() < batch_records && !ends && size != count) continue;
            const base::WallTime_ms now_ms = began_ms + static_cast<base::WallTime_ms>(size) * 700;
            CHECK(core_->commit(std::exchange(batch, {}), now_ms).ok());
            CHECK(core_->integrate().ok());
            if (ends) CHECK(core_->advance_epoch(now_ms).ok());
        }
        CHECK(core_->settle(began_ms + static_cast<base::WallTime_ms>(count) * 700).ok());
    }

  private:
    std::string folder_;
    os::SystemRandom random_;
    std::optional<audit::LogKeys> keys_;
    audit::LogOptions options_;
    std::unique_ptr<audit::Storage> storage_;
    std::unique_ptr<audit::LogCore> core_;
};

}  // namespace
}  // namespace hs

int main(int count, char** arguments) {
    if (count != 3 || std::atoll(arguments[2]) < 100) {
        std::fprintf(stderr, "usage: hs_make_log FOLDER COUNT (at least 100)\n");
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    const auto records = static_cast<std::uint64_t>(std::atoll(arguments[2]));
    const std::set<std::uint64_t> epochs{10, records / 3, records / 2, records * 4 / 5};
    hs::Maker whole(folder / "log", 1);
    whole.fill(records * 9 / 10, epochs);
    std::filesystem::copy(folder / "log", folder / "short",
                          std::filesystem::copy_options::recursive);
    whole.fill(records, epochs);
    hs::Maker(folder / "other", 2).fill(300, {});
    return 0;
}
