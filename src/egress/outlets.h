// Outlets: the ways out of all sandboxes, opened and closed on the keeper's word, and the
// authorities that wait for the next ones.
//
// An authority is made before the sandbox that trusts it: its certificate goes to the keeper, who
// puts it into the launch specification; its key stays here.
// What it does not protect from: see egress/outlet.h.
// Threads: every method from any thread; SandboxOrders on the keeper link's thread.
#pragma once

#include <deque>
#include <map>

#include "egress/outlet.h"

namespace hs::egress {

class Outlets final : public SandboxOrders {
  public:
    static constexpr std::size_t outlets_max = 128;
    static constexpr std::size_t authorities_ready = 8;
    static constexpr std::size_t authorities_max = 512;

    explicit Outlets(const OutletParts& parts, FingerprintShelf& shelf)
        : parts_(parts), shelf_(shelf) {}
    ~Outlets() override;

    // Makes the first authorities and sends their certificates.
    void prepare();
    void open(const gate::SandboxOrder& order, std::vector<os::Fd> listeners) override;
    void close(const std::string& sandbox) override;
    void cut() override;
    void more_authorities() override;
    void take_fingerprints(base::ByteView packed) override;
    std::size_t size() const;

  private:
    struct Ready {
        std::string id;
        std::shared_ptr<net::Authority> authority;
    };
    struct Tables {
        std::uint64_t next_id = 1;
        std::deque<Ready> ready;  // oldest first
        std::map<std::string, std::shared_ptr<Outlet>> outlets;
    };
    void make_authorities(std::size_t count);

    const OutletParts parts_;
    FingerprintShelf& shelf_;
    base::Guarded<Tables> tables_;
    // A sandbox's end waits for its connections, and the keeper's line must not.
    net::Crew closers_{outlets_max, 1'000};
};

}  // namespace hs::egress
