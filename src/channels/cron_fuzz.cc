// Schedules as people type them: what is accepted has a next time that lies ahead, or none.
#include "channels/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto cron = hs::channels::Cron::parse(text);
    if (!cron) return 0;
    const auto next = cron->next_after(1'700'000'000'000);
    CHECK(!next || (*next > 1'700'000'000'000 && *next % 60'000 == 0));
    return 0;
}
