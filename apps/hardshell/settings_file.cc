#include "hardshell/settings_file.h"

#include "os/file.h"

namespace hs::cli {

base::Result<gate::Settings> settings_of(const Desk& desk) {
    constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;
    const auto text = os::read_text(desk.places.config_file, config_bytes_max);
    if (!text && text.error().code == base::Code::not_found) return gate::Settings::defaults();
    return gate::Settings::parse(TRY(text), desk.places.config_file);
}

}  // namespace hs::cli
