#include "secrets/secret_store.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>

#include "os/system.h"
#include "secrets/aws_store.h"
#include "secrets/local_stores.h"
#include "secrets/vault_store.h"

namespace hs::secrets {
namespace {

using base::Code;
using base::fail;
using base::Result;

// Answers in order; remembers what was asked.
class Remote : public testing::Test {
  protected:
    StoreSend send() {
        return [this](const StoreRequest& request, const StoreWait&) -> Result<StoreReply> {
            asked.push_back(request);
            if (replies.empty()) return fail(Code::timed_out, "it does not answer");
            StoreReply reply = replies.front();
            replies.pop_front();
            return reply;
        };
    }
    VaultStore approle() {
        return {{"team", send(), clock}, {"role", secret("the-secret-id"), ""}};
    }
    VaultStore with_token() { return {{"team", send(), clock}, {"", secret("the-token"), "ns"}}; }
    AwsStore aws() {
        return {{"cloud", send(), clock}, {"AKIDEXAMPLE", secret("key"), ""}, "eu-central-1", "h"};
    }
    static crypto::SecretBytes secret(std::string_view text) {
        return crypto::SecretBytes::copy_of(base::bytes_of(text));
    }
    StoreWait wait() { return {os::Deadline::after_ms(1000), stop}; }
    std::string header(std::size_t at, std::string_view name) const {
        for (const auto& [key, value] : asked.at(at).headers) {
            if (key == name) return value;
        }
        return "none";
    }
    void logged_in(int ttl = 3600) {
        replies.push_back({200, R"({"auth":{"client_token":"hvs.1","lease_duration":)" +
                                    std::to_string(ttl) + R"(,"renewable":true}})"});
    }

    base::ScriptedClock clock{1'440'938'160'000};
    os::WakeUp stop = std::move(*os::WakeUp::make());
    std::deque<StoreReply> replies;
    std::vector<StoreRequest> asked;
};

const char* const version = R"({"lease_id":"","data":{"data":{"key":"sk-1","n":7},"metadata":{}}})";
const char* const leased =
    R"({"lease_id":"database/creds/app/1","lease_duration":60,"renewable":true,)"
    R"("data":{"username":"u","password":"p"}})";

TEST_F(Remote, AppRoleLogsInOnceAndReadsAVersion) {
    auto store = approle();
    logged_in();
    replies.push_back({200, version});
    replies.push_back({200, version});
    const auto value = store.fetch("secret/data/llm#key", "run", wait());
    ASSERT_TRUE(value.ok()) << value.error().what;
    EXPECT_EQ(base::text_of(value->view()), "sk-1");
    ASSERT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_EQ(asked[0].target, "/v1/auth/approle/login");
    EXPECT_EQ(asked[1].target, "/v1/secret/data/llm");
    EXPECT_EQ(asked[1].method, "GET");
}

TEST_F(Remote, WrongTypesAndStatusesAreNamed) {
    struct Case {
        int status;
        const char* body;
        Code code;
        const char* word;
    };
    for (const Case& one :
         {Case{503, "{}", Code::conflict, "sealed"}, Case{404, "{}", Code::not_found, "nothing"},
          Case{429, "{}", Code::exhausted, "too often"}, Case{500, "x", Code::io, "500"},
          Case{200, "<html>", Code::corrupt, "wrong type"}, Case{200, "[]", Code::corrupt, "wrong"},
          Case{200, R"({"data":{"data":{"key":7}}})", Code::corrupt, "wrong type"},
          Case{200, R"({"data":{"data":"x"}})", Code::corrupt, "wrong type"},
          Case{200, R"({"data":{"data":{"key":"a\nb"}}})", Code::corrupt, "wrong type"},
          Case{200, R"({"data":{"data":{}}})", Code::not_found, "no field key"},
          Case{200, R"({"lease_id":7,"data":{"data":{"key":"a"}}})", Code::corrupt, "wrong type"},
          Case{200, R"({"lease_id":"l","lease_duration":-1,"data":{"key":"a"}})", Code::corrupt,
               "wrong type"},
          Case{473, "{}", Code::conflict, "standby"}}) {
        auto store = approle();
        replies.clear();
        logged_in();
        replies.push_back({one.status, one.body});
        const auto value = store.fetch("secret/data/llm#key", "run", wait());
        ASSERT_FALSE(value.ok()) << one.body;
        EXPECT_EQ(value.error().code, one.code) << value.error().what;
        EXPECT_NE(value.error().what.find(one.word), std::string::npos) << value.error().what;
        EXPECT_NE(value.error().what.find("team"), std::string::npos);
    }
    replies.clear();
    auto silent = approle();
    EXPECT_EQ(silent.fetch("secret/data/llm#key", "run", wait()).error().code, Code::timed_out);
}

TEST_F(Remote, ATokenIsRenewedAfterTwoThirdsAndRenewedByALoginAtItsEnd) {
    auto store = approle();
    logged_in(90);
    replies.push_back({200, version});
    ASSERT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    clock.advance_ms(61'000);
    replies.push_back({200, R"({"auth":{"client_token":"hvs.1","lease_duration":90}})"});
    replies.push_back({200, version});
    ASSERT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    EXPECT_EQ(asked[2].target, "/v1/auth/token/renew-self");
    clock.advance_ms(91'000);
    logged_in(90);
    replies.push_back({200, version});
    ASSERT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    EXPECT_EQ(asked[4].target, "/v1/auth/approle/login");
}

TEST_F(Remote, ATokenThatTheServerForgotIsReplacedAndOneThatMayNotIsNot) {
    auto store = approle();
    logged_in();
    replies.push_back({403, "{}"});  // the secret
    replies.push_back({403, "{}"});  // the token itself: forgotten
    logged_in();
    replies.push_back({200, version});
    EXPECT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    replies.push_back({403, "{}"});
    replies.push_back({200, R"({"data":{"ttl":60}})"});
    EXPECT_EQ(store.fetch("secret/data/llm#key", "run", wait()).error().code, Code::denied);
    EXPECT_EQ(asked.back().target, "/v1/auth/token/lookup-self");  // and no third login
}

TEST_F(Remote, AWrongLoginSaysWhatToSetAnew) {
    auto store = approle();
    replies.push_back({400, R"({"errors":["invalid role or secret ID"]})"});
    const auto value = store.fetch("secret/data/llm#key", "run", wait());
    EXPECT_EQ(value.error().code, Code::denied);
    EXPECT_NE(value.error().what.find("role_id"), std::string::npos);
    for (const char* bad : {R"({"auth":null})", R"({"auth":{"client_token":7}})",
                            R"({"auth":{"client_token":"a","lease_duration":"x"}})"}) {
        replies.push_back({200, bad});
        EXPECT_EQ(store.fetch("secret/data/llm#key", "run", wait()).error().code, Code::corrupt);
    }
}

TEST_F(Remote, ALeaseIsHeldRenewedReplacedAndRevokedAtTheEnd) {
    auto store = approle();
    logged_in();
    replies.push_back({200, leased});
    EXPECT_EQ(base::text_of(store.fetch("database/creds/app#username", "run", wait())->view()),
              "u");
    EXPECT_EQ(base::text_of(store.fetch("database/creds/app#password", "run", wait())->view()),
              "p");
    EXPECT_EQ(asked.size(), 2U);  // one lease for both
    clock.advance_ms(45'000);
    replies.push_back({200, R"({"lease_id":"x","renewable":true,"lease_duration":60})"});
    ASSERT_TRUE(store.fetch("database/creds/app#password", "run", wait()).ok());
    EXPECT_EQ(asked[2].target, "/v1/sys/leases/renew");
    // Past its end, and nobody answers: refused, not the old value.
    clock.advance_ms(61'000);
    EXPECT_EQ(store.fetch("database/creds/app#password", "run", wait()).error().code,
              Code::timed_out);
    EXPECT_EQ(store.leases(), 0U);
    replies.push_back({200, leased});
    ASSERT_TRUE(store.fetch("database/creds/app#password", "run", wait()).ok());
    replies.push_back({204, ""});
    replies.push_back({204, ""});
    ASSERT_TRUE(store.close(wait()).ok());
    EXPECT_EQ(asked[asked.size() - 2].target, "/v1/sys/leases/revoke");
    EXPECT_EQ(asked.back().target, "/v1/auth/token/revoke-self");
}

TEST_F(Remote, ALeaseIsOneOwnersAndEndsWithIt) {
    auto store = approle();
    logged_in();
    replies.push_back({200, leased});
    ASSERT_TRUE(store.fetch("database/creds/app#password", "one", wait()).ok());
    replies.push_back({200, leased});
    ASSERT_TRUE(store.fetch("database/creds/app#password", "two", wait()).ok());
    EXPECT_EQ(store.leases(), 2U);
    replies.push_back({204, ""});
    ASSERT_TRUE(store.end("one", wait()).ok());
    EXPECT_EQ(store.leases(), 1U);
    EXPECT_EQ(asked.back().target, "/v1/sys/leases/revoke");
    // One that cannot be given back is forgotten here all the same, and said.
    EXPECT_FALSE(store.end("two", wait()).ok());
    EXPECT_EQ(store.leases(), 0U);
}

TEST_F(Remote, WhatAKeeperThatWasKilledHadLeasedIsGivenBackAfterTheNextLogin) {
    char name[] = "/tmp/lease-book-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string path = std::string(name) + "/leases-team";
    const auto store = [&] {
        return VaultStore{
            {"team", send(), clock}, {"role", secret("the-secret-id"), ""}, LeaseBook::open(path)};
    };
    {
        auto killed = store();  // without close()
        logged_in();
        replies.push_back({200, leased});
        ASSERT_TRUE(killed.fetch("database/creds/app#password", "run", wait()).ok());
    }
    EXPECT_TRUE(std::filesystem::exists(path));
    asked.clear();
    auto next = store();
    logged_in();  // the server is busy with the lease, and answers the secret
    replies.push_back({429, "{}"});
    replies.push_back({200, version});
    ASSERT_TRUE(next.fetch("secret/data/llm#key", "run", wait()).ok());
    replies.push_back({204, ""});
    replies.push_back({200, version});
    ASSERT_TRUE(next.fetch("secret/data/llm#key", "run", wait()).ok());
    ASSERT_EQ(asked.size(), 5U);
    EXPECT_EQ(asked[1].target, "/v1/sys/leases/revoke");
    EXPECT_EQ(asked[3].target, "/v1/sys/leases/revoke");
    EXPECT_NE(asked[3].body.find("database/creds/app/1"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is left";
    std::filesystem::remove_all(name);
}

TEST_F(Remote, ALeaseThatDoesNotRenewIsReplacedInItsUse) {
    auto store = approle();
    logged_in();
    replies.push_back({200, leased});
    ASSERT_TRUE(store.fetch("database/creds/app#password", "run", wait()).ok());
    clock.advance_ms(45'000);
    replies.push_back({400, R"({"errors":["lease not found"]})"});
    replies.push_back({204, ""});
    replies.push_back({200, R"({"lease_id":"2","lease_duration":60,"data":{"password":"new"}})"});
    const auto value = store.fetch("database/creds/app#password", "run", wait());
    ASSERT_TRUE(value.ok()) << value.error().what;
    EXPECT_EQ(base::text_of(value->view()), "new");
}

TEST_F(Remote, AGivenTokenIsLookedUpAndNeverRevoked) {
    auto store = with_token();
    replies.push_back({200, R"({"data":{"ttl":0,"renewable":false}})"});
    replies.push_back({200, version});
    ASSERT_TRUE(store.fetch("secret/data/llm#key", "run", wait()).ok());
    ASSERT_TRUE(store.close(wait()).ok());
    EXPECT_EQ(asked.size(), 2U);
}

TEST_F(Remote, WhatKeepsTheRequestFromTheStoreIsNoRefusalOfTheStores) {
    const auto untrusted = [](const StoreRequest&, const StoreWait&) -> Result<StoreReply> {
        return fail(Code::denied, "the certificate is of another authority");
    };
    VaultStore store({"team", untrusted, clock}, {"", secret("the-token"), ""});
    const auto value = store.fetch("secret/data/llm#key", "run", wait());
    EXPECT_EQ(value.error().code, Code::io);
    EXPECT_NE(value.error().what.find("team cannot be reached"), std::string::npos);
}

TEST_F(Remote, AwsAnswersAndTroubleAreNamed) {
    auto store = aws();
    replies.push_back({200, R"({"Name":"llm","SecretString":"{\"openai\":\"sk-2\"}"})"});
    EXPECT_EQ(base::text_of(store.fetch("llm#openai", "run", wait())->view()), "sk-2");
    EXPECT_NE(header(0, "Authorization").find("/eu-central-1/secretsmanager/aws4_request"),
              std::string::npos);
    struct Case {
        int status;
        const char* body;
        Code code;
    };
    for (const Case& one :
         {Case{400, R"({"__type":"ResourceNotFoundException"})", Code::not_found},
          Case{403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", Code::denied},
          Case{403, "<Error><Code>AccessDenied</Code></Error>", Code::denied},
          Case{400, R"({"__type":"ExpiredTokenException"})", Code::denied},
          Case{400, R"({"__type":"ThrottlingException"})", Code::exhausted},
          Case{500, "x", Code::io}, Case{200, "x", Code::corrupt},
          Case{200, R"({"SecretBinary":"AAAA"})", Code::corrupt},
          Case{200, R"({"SecretString":"{\"openai\":7}"})", Code::corrupt},
          Case{200, R"({"SecretString":"not json"})", Code::not_found}}) {
        replies.push_back({one.status, one.body});
        const auto value = store.fetch("llm#openai", "run", wait());
        EXPECT_EQ(value.error().code, one.code) << one.body;
        EXPECT_NE(value.error().what.find("cloud"), std::string::npos);
    }
}

// A keyring that is a map.
class MapKeyring : public Keyring {
  public:
    explicit MapKeyring(std::map<std::string, std::string>& items, const bool& open)
        : items_(items), open_(open) {}
    bool usable() override { return open_; }
    Result<crypto::SecretBytes> read(const std::string& id) override {
        if (!open_) return fail(Code::conflict, "the keyring is locked");
        if (!items_.contains(id)) return fail(Code::not_found, "no such item");
        return crypto::SecretBytes::copy_of(base::bytes_of(items_.at(id)));
    }
    Result<> store(const std::string& id, base::ByteView value) override {
        if (!open_) return fail(Code::conflict, "the keyring is locked");
        items_[id] = base::text_of(value);
        return {};
    }
    Result<> remove(const std::string& id) override {
        items_.erase(id);
        return {};
    }
    Result<> unlock(std::int64_t) override { return {}; }

  private:
    std::map<std::string, std::string>& items_;
    const bool& open_;
};

TEST_F(Remote, AKeyringKeepsGivesAndSaysWhenItIsLocked) {
    std::map<std::string, std::string> items;
    bool open = true;
    KeyringStore store("ring", std::make_unique<MapKeyring>(items, open));
    ASSERT_TRUE(store.put("personal/llm", base::bytes_of("sk-3")).ok());
    EXPECT_EQ(base::text_of(store.fetch("personal/llm", "", wait())->view()), "sk-3");
    items.begin()->second = "two\nlines";
    EXPECT_EQ(store.fetch("personal/llm", "", wait()).error().code, Code::corrupt);
    open = false;
    const auto locked = store.fetch("personal/llm", "", wait());
    EXPECT_EQ(locked.error().code, Code::conflict);
    EXPECT_NE(locked.error().what.find("ring is locked"), std::string::npos);
    open = true;
    ASSERT_TRUE(store.drop("personal/llm").ok());
    EXPECT_EQ(store.fetch("personal/llm", "", wait()).error().code, Code::not_found);
}

TEST_F(Remote, ASealedFileOfItsOwnHasItsOwnKey) {
    os::SystemRandom random;
    const std::string path =
        std::filesystem::temp_directory_path() / ("hs_store_" + std::to_string(::getpid()));
    std::filesystem::remove(path);
    const auto key = crypto::SecretBytes::random(32, random);
    SealedStore store({"pay", path, crypto::SecretBytes::copy_of(key.view()), random});
    ASSERT_TRUE(store.put("personal/llm", base::bytes_of("sk-4")).ok());
    EXPECT_EQ(base::text_of(store.fetch("personal/llm", "", wait())->view()), "sk-4");
    SealedStore other({"pay", path, crypto::SecretBytes::random(32, random), random});
    const auto closed = other.fetch("personal/llm", "", wait());
    EXPECT_EQ(closed.error().code, Code::corrupt);
    EXPECT_NE(closed.error().what.find("the store pay"), std::string::npos);
    ASSERT_TRUE(store.drop("personal/llm").ok());
    EXPECT_FALSE(store.fetch("personal/llm", "", wait()).ok());
    std::filesystem::remove(path);
}

TEST_F(Remote, ReferencesThatCouldBeOtherPathsAreRefused) {
    for (const char* bad : {"", "#x", "/a", "a/../b", "..", "a//b", "./a", "a/.", "a?b", "a b",
                            "a%2e", "a#b#c", "a\n"}) {
        EXPECT_FALSE(parse_reference(bad).ok()) << bad;
    }
    EXPECT_EQ(parse_reference("secret/data/llm#key")->field, "key");
}

}  // namespace
}  // namespace hs::secrets
