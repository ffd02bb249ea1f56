#include "crypto/ticket.h"

#include <gtest/gtest.h>

#include "crypto/mac.h"

namespace hs::crypto {
namespace {

using base::Code;

constexpr base::WallTime_ms now_ms = 1'795'338'000'000;

class TicketTest : public testing::Test {
  protected:
    Ticket make() {
        Ticket ticket;
        ticket.kind = 2;
        ticket.digest = sha256(base::bytes_of("action"));
        ticket.expiry_ms = now_ms + 1000;
        ticket.generation = 7;
        random.fill(ticket.nonce);
        ticket.issued_by = "keeper-1";
        return ticket;
    }
    base::ScriptedRandom random{1};
    SecretBytes key = SecretBytes::random(key_bytes, random);
};

TEST_F(TicketTest, EveryChangedByteEveryCutAndAForeignKeyIsDenied) {
    const Ticket ticket = make();
    const auto bytes = issue_ticket(key, ticket);
    EXPECT_LE(bytes.size(), ticket_bytes_max);
    const auto checked = check_ticket(key, bytes, now_ms, 7);
    ASSERT_TRUE(checked);
    EXPECT_EQ(*checked, ticket);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto changed = bytes;
        changed[i] ^= 0x80U;
        EXPECT_EQ(check_ticket(key, changed, now_ms, 7).error().code, Code::denied) << i;
        EXPECT_FALSE(check_ticket(key, base::ByteView(bytes).first(i), now_ms, 7));
    }
    auto longer = bytes;
    longer.resize(ticket_bytes_max + 1);
    EXPECT_FALSE(check_ticket(key, longer, now_ms, 7));
    EXPECT_FALSE(check_ticket(SecretBytes::random(key_bytes, random), bytes, now_ms, 7));
}

TEST_F(TicketTest, ExpiryGenerationAndLifeAreHeld) {
    Ticket ticket = make();
    const auto bytes = issue_ticket(key, ticket);
    EXPECT_TRUE(check_ticket(key, bytes, now_ms + 999, 7));
    EXPECT_FALSE(check_ticket(key, bytes, now_ms + 1000, 7));
    EXPECT_FALSE(check_ticket(key, bytes, now_ms, 8));
    EXPECT_FALSE(check_ticket(key, bytes, now_ms, 6));
    ticket.expiry_ms = now_ms + ticket_life_max_ms + 1;
    EXPECT_FALSE(check_ticket(key, issue_ticket(key, ticket), now_ms, 7));
}

// Bytes that the key's holder would never make must not pass even with a right MAC.
TEST_F(TicketTest, AMarkedButMalformedTicketIsDenied) {
    const auto bytes = issue_ticket(key, make());
    base::Bytes body(bytes.begin(), bytes.end() - sizeof(Mac));
    for (std::size_t size = 0; size <= body.size() + 1; ++size) {
        base::Bytes some = body;
        some.resize(size);
        const Mac mac = keyed_hash(key, some);
        some.insert(some.end(), mac.begin(), mac.end());
        EXPECT_EQ(check_ticket(key, some, now_ms, 7).ok(), size == body.size()) << size;
    }
}

TEST_F(TicketTest, TheGuardLetsEachTicketThroughOnce) {
    TicketGuard guard(2);
    const Ticket first = make();
    Ticket second = make();
    second.expiry_ms += 10;
    EXPECT_TRUE(guard.use(first, now_ms));
    EXPECT_EQ(guard.use(first, now_ms).error().code, Code::denied);
    EXPECT_TRUE(guard.use(second, now_ms));
    const Ticket third = make();
    EXPECT_EQ(guard.use(third, now_ms).error().code, Code::exhausted);
    Ticket later = make();
    later.expiry_ms = now_ms + 5000;
    EXPECT_TRUE(guard.use(later, first.expiry_ms));  // the first has expired and left
    EXPECT_EQ(guard.size(), 2U);
    // The clock goes back: what was forgotten must not work a second time.
    EXPECT_EQ(guard.use(first, now_ms).error().code, Code::denied);
}

}  // namespace
}  // namespace hs::crypto
