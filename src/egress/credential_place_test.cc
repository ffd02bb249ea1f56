#include "egress/credential_place.h"

#include <gtest/gtest.h>

namespace hs::egress {
namespace {

CredentialUse use_in(CredentialForm form) {
    return {"key", "token", "", form, "bot"};
}
base::ByteView value() {
    return base::bytes_of("a/b+c\"d");
}
std::string in_target(std::string target, const CredentialUse& use) {
    place_in_target(target, use, value());
    return target;
}

TEST(CredentialPlaceTest, LinesOfAHeaderAndOfBasic) {
    const CredentialUse plain{"key", "X-Key", "Token "};
    EXPECT_EQ(credential_line(plain, value()), "X-Key: Token a/b+c\"d");
    CredentialUse basic = use_in(CredentialForm::basic);
    basic.header = "Authorization";
    // RFC 7617 section 2: its own example.
    basic.user = "Aladdin";
    EXPECT_EQ(credential_line(basic, base::bytes_of("open sesame")),
              "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(CredentialPlaceTest, TargetsTakeItWhereItsPlaceholderStands) {
    const auto path = use_in(CredentialForm::path);
    EXPECT_EQ(in_target("/bothsx/send?a=hs_placeholder_key", path),
              "/bothsx/send?a=hs_placeholder_key");
    EXPECT_EQ(in_target("/bot/hs_placeholder_key/send?x=1", path), "/bot/a%2Fb%2Bc%22d/send?x=1");
    EXPECT_EQ(in_target("/hs_placeholder_keys/send", path), "/hs_placeholder_keys/send");
    const auto query = use_in(CredentialForm::query);
    EXPECT_EQ(in_target("/p?k=hs_placeholder_key&x=1", query), "/p?k=a%2Fb%2Bc%22d&x=1");
    EXPECT_EQ(in_target("/p", query), "/p?token=a%2Fb%2Bc%22d");
    EXPECT_EQ(in_target("/p?x=1", query), "/p?x=1&token=a%2Fb%2Bc%22d");
}

TEST(CredentialPlaceTest, BodiesAreEscapedAsTheirTypeAsks) {
    const auto use = use_in(CredentialForm::body);
    EXPECT_EQ(
        body_with(R"({"k":"hs_placeholder_key"})", "application/json; charset=utf-8", use, value()),
        R"({"k":"a/b+c\"d"})");
    EXPECT_EQ(body_with("k=hs_placeholder_key&z=hs_placeholder_key",
                        "application/x-www-form-urlencoded", use, value()),
              "k=a%2Fb%2Bc%22d&z=a%2Fb%2Bc%22d");
    EXPECT_EQ(body_with("nothing", "text/plain", use, value()), "nothing");
}

TEST(CredentialPlaceTest, ALongerNameIsAnotherSecret) {
    EXPECT_TRUE(begins_with_name("key", "key"));
    EXPECT_TRUE(begins_with_name("key/next", "key"));
    EXPECT_TRUE(begins_with_name("key.", "key"));
    EXPECT_TRUE(begins_with_name("key\"", "key"));
    for (const char* other : {"keys", "key-2", "key_2", "key2", "key.prod", "ke"}) {
        EXPECT_FALSE(begins_with_name(other, "key")) << other;
    }
}

}  // namespace
}  // namespace hs::egress
