#include "egress/envelope.h"

#include <gtest/gtest.h>

#include "egress/admission.h"
#include "egress/echo_filter.h"
#include "egress/frames.h"
#include "egress/request_check.h"
#include "egress/testing.h"
#include "os/socket.h"

namespace hs::egress {
namespace {

using base::Code;
using testing::loopback_envelope;

Envelope api_envelope() {
    Envelope envelope;
    envelope.methods = {"POST"};
    envelope.host = "api.example.com";
    envelope.target = "/v1/messages?beta=1";
    envelope.body_bytes_max = 1000;
    envelope.response_bytes_max = 1U << 20U;
    envelope.body_sha256 = crypto::sha256(base::bytes_of("{}"));
    envelope.content_type = "application/json";
    envelope.addresses = {net::AddressClass::public_net};
    envelope.credential = {"anthropic", "x-api-key", ""};
    envelope.expiry_ms = 1'000'000;
    envelope.purpose = Purpose::infer;
    envelope.decision = "01J";
    return envelope;
}

TEST(EnvelopeTest, PacksIntoOneFormAndBack) {
    const Envelope envelope = api_envelope();
    const base::Bytes packed = envelope.pack();
    const auto again = Envelope::unpack(packed);
    ASSERT_TRUE(again.ok()) << again.error().what;
    EXPECT_EQ(*again, envelope);
    EXPECT_EQ(again->pack(), packed);
    for (std::size_t cut = 0; cut < packed.size(); ++cut) {
        EXPECT_FALSE(Envelope::unpack(base::ByteView(packed).first(cut)).ok()) << cut;
    }
    base::Bytes longer = packed;
    longer.push_back(0);
    EXPECT_FALSE(Envelope::unpack(longer).ok());
    const auto permit = parse_permit_field(permit_field(base::bytes_of("ticket"), packed));
    ASSERT_TRUE(permit.ok());
    EXPECT_EQ(permit->envelope, packed);
}

TEST(EnvelopeTest, RefusesMalformedParts) {
    const auto refused = [](auto change) {
        Envelope envelope = api_envelope();
        change(envelope);
        return !Envelope::unpack(envelope.pack()).ok();
    };
    for (const char* host : {"", "API.example.com", "2130706433", "127.1", "0x7f.1", "a/b", "a:1",
                             "a@b", "[::1]", "::0001", "0:0:0:0:0:0:0:1", "a..b", "a."}) {
        EXPECT_TRUE(refused([&](Envelope& e) { e.host = host; })) << host;
    }
    for (const char* target : {"", "v1", "/a b", "/a\r\nX: y", "/a#b", "http://evil/", "/\x80"}) {
        EXPECT_TRUE(refused([&](Envelope& e) { e.target = target; })) << target;
    }
    EXPECT_TRUE(refused([](Envelope& e) { e.methods = {}; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.methods = {"CONNECT"}; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.methods = {"GET\r\nX:"}; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.port = 0; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.addresses = {}; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.credential.header = "Host"; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.credential.header = "content-length"; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.credential.prefix = "a\r\nb"; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.credential.name = ""; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.body_bytes_max = std::uint64_t{1} << 40U; }));
    EXPECT_TRUE(refused([](Envelope& e) { e.match = TargetMatch::path_prefix; }));
}

net::RequestHead api_request() {
    return {"POST",
            "https://api.example.com:443/v1/messages?beta=1",
            1,
            {{"Host", "api.example.com"}, {"Content-Type", "application/json"}}};
}

TEST(RequestCheckTest, RefusesWhateverTheEnvelopeDoesNotSay) {
    const Envelope envelope = api_envelope();
    ASSERT_TRUE(check_request(api_request(), 10, envelope).ok());
    const auto refused = [&](auto change) {
        net::RequestHead request = api_request();
        change(request);
        const auto checked = check_request(request, 10, envelope);
        return !checked.ok() && checked.error().code == Code::denied;
    };
    for (const char* target : {"/v1/messages?beta=1", "https://api.example.com/v1/messages?beta=1",
                               "http://api.example.com:443/v1/messages?beta=1",
                               "https://api.example.com:8443/v1/messages?beta=1",
                               "https://api.example.com:443@evil.example/v1/messages?beta=1",
                               "https://user@api.example.com:443/v1/messages?beta=1",
                               "https://API.example.com:443/v1/messages?beta=1",
                               "https://api.example.com:443/v1/messages",
                               "https://api.example.com:443/v1/messages?beta=2",
                               "https://api.example.com:443/v1/../v1/messages?beta=1",
                               "https://api.example.com:443/v1/messages?beta=1#x",
                               "https://api.example.com:443", "api.example.com:443", "*"}) {
        EXPECT_TRUE(refused([&](net::RequestHead& r) { r.target = target; })) << target;
    }
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.method = "GET"; }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.method = "post"; }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.set("Host", "evil.example"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.add("Host", "api.example.com"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.remove("Host"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.set("Content-Type", "text/html"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.add("Content-Type", "a/b"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.add("Content-Encoding", "gzip"); }));
    EXPECT_TRUE(refused([](net::RequestHead& r) { r.headers.add("Upgrade", "websocket"); }));
    EXPECT_TRUE(
        refused([](net::RequestHead& r) { r.headers.add("X-HTTP-Method-Override", "PUT"); }));
    EXPECT_FALSE(check_request(api_request(), 1001, envelope).ok());
}

TEST(RequestCheckTest, APathPrefixHoldsAtSlashesAndAgainstNormalisation) {
    Envelope envelope = loopback_envelope(8080);
    envelope.target = "/repo/a";
    envelope.match = TargetMatch::path_prefix;
    const auto allowed = [&](const std::string& path) {
        const net::RequestHead request{
            "GET", envelope.origin() + path, 1, {{"Host", envelope.host_field()}}};
        return check_request(request, 0, envelope).ok();
    };
    for (const char* path : {"/repo/a", "/repo/a/b", "/repo/a?q=..", "/repo/a/..b"}) {
        EXPECT_TRUE(allowed(path)) << path;
    }
    for (const char* path :
         {"/repo/ab", "/repo", "/repo/a/../b", "/repo/a/..", "/repo/a/%2e%2e/b", "/repo/a/.%2E/b",
          "/repo/a/..;x/b", "/repo/a%2fb", "/repo/a%5c..%5cb", "/repo/a\\..\\b", "/repo/a/./b",
          "/repo/a/%252e%252e/", "/repo/a/%00", "//repo/a", "/Repo/a"}) {
        EXPECT_FALSE(allowed(path)) << path;
    }
}

TEST(RequestCheckTest, TheUpstreamHeadCarriesNothingOfOursAndNoCredentialOfTheSender) {
    net::RequestHead request = api_request();
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {"Hardshell-Permit", "x"},
             {"hardshell-other", "x"},
             {"Authorization", "Bearer mine"},
             {"X-API-Key", "mine"},
             {"Cookie", "mine"},
             {"Proxy-Authorization", "mine"},
             {"Connection", "keep-alive, X-Drop"},
             {"X-Drop", "1"},
             {"Expect", "100-continue"},
             {"Accept-Encoding", "gzip"},
             {"X-Keep", "1"}}) {
        request.headers.add(name, value);
    }
    const net::RequestHead head = upstream_head(request, api_envelope());
    EXPECT_EQ(head.target, "/v1/messages?beta=1");
    EXPECT_EQ(net::format_head(head),
              "POST /v1/messages?beta=1 HTTP/1.1\r\nHost: api.example.com\r\n"
              "Content-Type: application/json\r\nX-Keep: 1\r\nAccept-Encoding: identity\r\n\r\n");
}

TEST(EchoFilterTest, FindsTheValueInEverySpellingAndAcrossPieces) {
    const std::string secret = "sk-ant/\"q+uote\"=1234567890";
    const base::ByteView bytes = base::bytes_of(secret);
    const std::vector<std::string> spellings = {secret, "sk-ant/\\\"q+uote\\\"=1234567890",
                                                "sk-ant%2F%22q%2Buote%22%3D1234567890",
                                                base::to_hex(bytes)};
    for (const std::string& spelling : spellings) {
        for (std::size_t cut = 0; cut <= spelling.size(); ++cut) {
            EchoFilter filter(bytes);
            std::string out = filter.pass("before " + spelling.substr(0, cut));
            out += filter.pass(spelling.substr(cut) + " after");
            out += filter.finish();
            EXPECT_EQ(out, "before " + std::string(spelling.size(), '*') + " after") << spelling;
            EXPECT_EQ(filter.found(), 1U);
        }
    }
    for (const char* start : {"", "a", "ab", "abc"}) {
        EchoFilter filter(bytes);
        const std::string text = base::to_base64(base::bytes_of(start + secret + "zz"));
        const std::string out = filter.redact(text);
        EXPECT_EQ(filter.found(), 1U) << start;
        EXPECT_EQ(out.size(), text.size());
        EXPECT_NE(out.find("*****************************"), std::string::npos);
    }
}

TEST(EchoFilterTest, PassesOtherTextUnchanged) {
    EchoFilter filter(base::bytes_of("abcabcabd"));
    std::string out;
    for (const char c : std::string_view("abcabcabcabcabdabcab")) out += filter.pass({&c, 1});
    out += filter.finish();
    EXPECT_EQ(out, "abcabc*********abcab");
    EchoFilter none;
    EXPECT_EQ(none.pass("anything"), "anything");
    EchoFilter trivial(base::bytes_of("abc"));
    EXPECT_EQ(trivial.pass("abcabc"), "abcabc");
}

TEST(FramesTest, RoundTrips) {
    const SecretQuestion question{"n", "h", 443, "POST", "/p", "x-api-key", 1, {1, 2, 3}};
    EXPECT_EQ(*unpack_question(pack_question(question)), question);
    EXPECT_FALSE(unpack_question(base::bytes_of("rubbish")).ok());
    SecretAnswer answer;
    answer.value = crypto::SecretBytes::copy_of(base::bytes_of("value"));
    EXPECT_EQ(base::text_of(unpack_secret_answer(pack_secret_answer(answer))->value.view()),
              "value");
    EXPECT_EQ(unpack_secret_answer(pack_secret_answer({{}, "no"}))->refusal, "no");
    EXPECT_FALSE(unpack_secret_answer(base::bytes_of("\x02")).ok());
}

class AdmissionTest : public ::testing::Test {
  protected:
    AdmissionTest() {
        os::SystemRandom random;
        key_ = crypto::SecretBytes::random(32, random);
        envelope_ = api_envelope();
        envelope_.expiry_ms = clock_.wall_ms() + 60'000;
        packed_ = envelope_.pack();
        ticket_.kind = envelope_ticket_kind;
        ticket_.digest = digest_of(packed_);
        ticket_.expiry_ms = clock_.wall_ms() + 60'000;
        ticket_.generation = 3;
        ticket_.issued_by = "test";
    }
    void give_key() { admission_.take_key(crypto::SecretBytes::copy_of(key_.view()), 3); }
    base::Result<std::unique_ptr<Admitted>> admit(const crypto::Ticket& ticket) {
        return admission_.admit(permit_field(crypto::issue_ticket(key_, ticket), packed_));
    }
    crypto::Ticket fresh() {
        crypto::Ticket ticket = ticket_;
        os::SystemRandom().fill(ticket.nonce);
        return ticket;
    }

    base::ScriptedClock clock_{1'700'000'000'000};
    std::pair<os::Fd, os::Fd> line_ = std::move(*os::stream_pair());
    std::optional<os::Channel> keeper_{std::in_place, std::move(line_.second)};
    os::Channel to_keeper_{std::move(line_.first)};
    Admission admission_{to_keeper_, clock_};
    crypto::SecretBytes key_;
    Envelope envelope_;
    base::Bytes packed_;
    crypto::Ticket ticket_;
};

TEST_F(AdmissionTest, RefusesAllFromTheInstantTheKeeperIsGone) {
    give_key();
    EXPECT_TRUE(admit(fresh()).ok());
    keeper_.reset();
    EXPECT_FALSE(admit(fresh()).ok());
}

TEST_F(AdmissionTest, RefusesEveryTicketThatIsNotExactlyRight) {
    EXPECT_FALSE(admit(fresh()).ok());  // no key yet
    give_key();
    const auto refused = [&](auto change) {
        crypto::Ticket ticket = fresh();
        change(ticket);
        return !admit(ticket).ok();
    };
    EXPECT_TRUE(refused([](crypto::Ticket& t) { t.kind = 1; }));
    EXPECT_TRUE(refused([](crypto::Ticket& t) { t.digest[0] ^= 1; }));
    EXPECT_TRUE(refused([](crypto::Ticket& t) { t.generation = 2; }));
    EXPECT_TRUE(refused([](crypto::Ticket& t) { t.generation = 4; }));
    EXPECT_TRUE(refused([&](crypto::Ticket& t) { t.expiry_ms = clock_.wall_ms(); }));
    base::Bytes forged = crypto::issue_ticket(key_, fresh());
    forged.back() ^= 1;
    EXPECT_FALSE(admission_.admit(permit_field(forged, packed_)).ok());
    for (const char* field : {"", "!", "AAAA", "%"}) EXPECT_FALSE(admission_.admit(field).ok());
    const crypto::Ticket once = fresh();
    EXPECT_TRUE(admit(once).ok());
    EXPECT_FALSE(admit(once).ok());
    EXPECT_EQ(admission_.running(), 0U);
}

TEST_F(AdmissionTest, AnEnvelopeOutlivedByItsTicketIsRefused) {
    give_key();
    clock_.advance_ms(30'000);
    envelope_.expiry_ms = clock_.wall_ms();
    packed_ = envelope_.pack();
    ticket_.digest = digest_of(packed_);
    EXPECT_FALSE(admit(fresh()).ok());
}

TEST_F(AdmissionTest, RevocationStopsWhatRunsAndWhatWouldCome) {
    give_key();
    const crypto::Ticket one = fresh();
    const auto running = admit(one);
    const auto other = admit(fresh());
    ASSERT_TRUE(running.ok() && other.ok());
    admission_.revoke(one.nonce);
    EXPECT_TRUE((*running)->stop().raised());
    EXPECT_FALSE((*other)->stop().raised());
    const crypto::Ticket coming = fresh();
    admission_.revoke(coming.nonce);
    EXPECT_FALSE(admit(coming).ok());
    admission_.take_generation(4);
    EXPECT_TRUE((*other)->stop().raised());
    EXPECT_FALSE(admit(fresh()).ok());
    ticket_.generation = 4;
    EXPECT_TRUE(admit(fresh()).ok());
    admission_.stop_all();
    EXPECT_FALSE(admit(fresh()).ok());
}

TEST_F(AdmissionTest, ForgettingARevocationIsNotPossible) {
    give_key();
    for (std::size_t i = 0; i <= Admission::revoked_max; ++i) admission_.revoke(fresh().nonce);
    EXPECT_FALSE(admit(fresh()).ok());
}

TEST_F(AdmissionTest, ATicketThatOvertakesItsGenerationIsWaitedFor) {
    give_key();
    ticket_.generation = 4;
    std::thread keeper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        admission_.take_generation(4);
    });
    EXPECT_TRUE(admit(fresh()).ok());
    keeper.join();
}

}  // namespace
}  // namespace hs::egress
