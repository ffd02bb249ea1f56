// LeakFilter: passes a request's body on while no brokered secret stands in it. What may still turn
// out to begin one is held back, so that a secret found is a secret that has not left.
//
// What it does not protect from: see egress/leak_scan.h.
// Threads: one exchange's.
#pragma once

#include "base/guarded.h"
#include "egress/leak_scan.h"

namespace hs::egress {

class LeakFilter {
  public:
    explicit LeakFilter(std::shared_ptr<const FingerprintTable> table)
        : scan_(table), idle_(!table || table->empty()) {}

    // Bytes that may go out now; valid until the next call. denied names the secret.
    base::Result<base::ByteView> pass(base::ByteView piece);
    // What was held back to the end.
    base::ByteView finish();

  private:
    LeakScan scan_;
    const bool idle_;
    std::string waiting_;
    std::string leaving_;
};

// Holds the fingerprints in force; the keeper replaces them.
class FingerprintShelf {
  public:
    std::shared_ptr<const FingerprintTable> table() const {
        return table_.with([](const auto& held) { return held; });
    }
    void replace(FingerprintTable table) {
        auto fresh = std::make_shared<const FingerprintTable>(std::move(table));
        table_.with([&](auto& held) { held = std::move(fresh); });
    }

  private:
    base::Guarded<std::shared_ptr<const FingerprintTable>> table_;
};

// The secret in a request's head, if any: its target and each field.
std::optional<std::string> leak_in_head(const std::shared_ptr<const FingerprintTable>& table,
                                        const std::vector<std::string_view>& texts);

}  // namespace hs::egress
