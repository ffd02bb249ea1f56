// What a sandboxed program may say first: DNS queries, TLS hellos, SOCKS requests, authorities, and
// whether requests agree with themselves.
#include <gtest/gtest.h>

#include "egress/dns_message.h"
#include "egress/name_book.h"
#include "egress/outlet_connection.h"
#include "egress/sandbox_grant.h"
#include "egress/socks.h"
#include "egress/tunnel.h"

namespace hs::egress {
namespace {

using base::Bytes;

Bytes bytes(std::initializer_list<int> list) {
    Bytes out;
    for (const int one : list) out.push_back(static_cast<std::uint8_t>(one));
    return out;
}

Bytes query(std::string_view name, int type = 1) {
    Bytes out = bytes({0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    while (!name.empty()) {
        const std::string_view label = name.substr(0, name.find('.'));
        out.push_back(static_cast<std::uint8_t>(label.size()));
        out.insert(out.end(), label.begin(), label.end());
        name.remove_prefix(std::min(label.size() + 1, name.size()));
    }
    for (const int one : {0, 0, type, 0, 1}) out.push_back(static_cast<std::uint8_t>(one));
    return out;
}

TEST(Names, AreAnsweredWithAddressesThatStandForThem) {
    NameBook names;
    const Bytes answer = answer_name(names, query("API.example.com"));
    ASSERT_EQ(answer.size(), query("API.example.com").size() + 16);
    EXPECT_EQ(answer[0], 0);
    EXPECT_EQ(answer[1], 7);
    EXPECT_EQ(answer[3] & 15, 0);
    const auto address = net::Address::ipv4(answer[answer.size() - 4], answer[answer.size() - 3],
                                            answer[answer.size() - 2], answer[answer.size() - 1]);
    EXPECT_TRUE(NameBook::is_synthetic(address));
    EXPECT_EQ(names.name_of(address), "api.example.com");
    EXPECT_EQ(answer_name(names, query("api.example.com")), [&] {
        Bytes same = answer_name(names, query("api.example.com"));
        return same;
    }());
    EXPECT_FALSE(names.name_of(net::Address::ipv4(198, 19, 255, 255)).has_value());
    EXPECT_FALSE(NameBook::is_synthetic(net::Address::ipv4(198, 20, 0, 0)));
    EXPECT_FALSE(NameBook::is_synthetic(net::Address::ipv4(198, 17, 255, 255)));
}

TEST(Names, OfOtherTypesAndShapesSayNothing) {
    NameBook names;
    // AAAA and HTTPS: there are none, so that nobody learns a key for an encrypted hello.
    for (const int type : {28, 65}) {
        const Bytes answer = answer_name(names, query("example.com", type));
        ASSERT_GT(answer.size(), 12U);
        EXPECT_EQ(answer[7], 0);
        EXPECT_EQ(answer[3] & 15, 0);
    }
    EXPECT_EQ(answer_name(names, query("1.2.0.192.in-addr.arpa"))[3] & 15, 3);
    EXPECT_EQ(answer_name(names, query("2130706433"))[3] & 15, 3);
    const Bytes here = answer_name(names, query("localhost"));
    EXPECT_EQ(here[here.size() - 4], 127);
    Bytes response = query("example.com");
    response[2] |= 0x80;
    EXPECT_TRUE(answer_name(names, response).empty());
    Bytes pointer = query("example.com");
    pointer[12] = 0xc0;
    EXPECT_TRUE(answer_name(names, pointer).empty());
    const Bytes whole = query("www.example.com");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_dns_question(base::ByteView(whole).first(size)).ok()) << size;
    }
}

TEST(Names, AreBounded) {
    NameBook names;
    for (std::uint32_t i = 0; i < NameBook::names_max; ++i) {
        ASSERT_TRUE(names.address_of("n" + std::to_string(i) + ".example").ok());
    }
    EXPECT_FALSE(names.address_of("one.more.example").ok());
    EXPECT_TRUE(names.address_of("n5.example").ok());
}

void put16(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}

void extension(Bytes& out, std::size_t type, const Bytes& content) {
    put16(out, type);
    put16(out, content.size());
    out.insert(out.end(), content.begin(), content.end());
}

Bytes server_name(std::string_view name) {
    Bytes entry{0};
    put16(entry, name.size());
    entry.insert(entry.end(), name.begin(), name.end());
    Bytes list;
    put16(list, entry.size());
    list.insert(list.end(), entry.begin(), entry.end());
    return list;
}

Bytes hello_with(const Bytes& extensions) {
    Bytes body = bytes({3, 3});
    body.insert(body.end(), 32, 7);
    body.push_back(0);
    put16(body, 2);
    put16(body, 0x1301);
    body.push_back(1);
    body.push_back(0);
    put16(body, extensions.size());
    body.insert(body.end(), extensions.begin(), extensions.end());
    Bytes message{1, 0};
    put16(message, body.size());
    message.insert(message.end(), body.begin(), body.end());
    return message;
}

Bytes records(const Bytes& message, std::size_t piece = 16384) {
    Bytes out;
    for (std::size_t at = 0; at < message.size(); at += piece) {
        const std::size_t size = std::min(piece, message.size() - at);
        out.insert(out.end(), {22, 3, 1});
        put16(out, size);
        out.insert(out.end(), message.begin() + static_cast<std::ptrdiff_t>(at),
                   message.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    return out;
}

Bytes hello_for(std::string_view name) {
    Bytes extensions;
    extension(extensions, 0, server_name(name));
    return hello_with(extensions);
}

TEST(Hello, NamesItsServerHoweverItIsCut) {
    for (const std::size_t piece : {16384U, 40U, 3U, 1U}) {
        const Bytes stream = records(hello_for("API.Example.com"), piece);
        for (std::size_t size = 1; size < stream.size(); ++size) {
            const auto cut = parse_client_hello(base::ByteView(stream).first(size));
            ASSERT_TRUE(cut.ok()) << cut.error().what;
            EXPECT_FALSE(cut->has_value()) << size;
        }
        const auto whole = parse_client_hello(stream);
        ASSERT_TRUE(whole.ok() && *whole);
        EXPECT_EQ((*whole)->server_name, "api.example.com");
        EXPECT_FALSE((*whole)->has_encrypted_hello);
    }
}

TEST(Hello, ThatTwoParsersCouldReadDifferentlyIsRefused) {
    Bytes twice;
    extension(twice, 0, server_name("good.example"));
    extension(twice, 0, server_name("bad.example"));
    EXPECT_FALSE(parse_client_hello(records(hello_with(twice))).ok());
    Bytes two_names = server_name("good.example");
    const Bytes other = server_name("bad.example");
    two_names.insert(two_names.end(), other.begin() + 2, other.end());
    two_names[0] = static_cast<std::uint8_t>((two_names.size() - 2) >> 8U);
    two_names[1] = static_cast<std::uint8_t>(two_names.size() - 2);
    Bytes list;
    extension(list, 0, two_names);
    EXPECT_FALSE(parse_client_hello(records(hello_with(list))).ok());
    using namespace std::string_view_literals;
    for (const std::string_view name :
         {""sv, "a b"sv, "good.example\0.bad"sv, "good.example."sv, "x..y"sv}) {
        Bytes odd;
        extension(odd, 0, server_name(name));
        EXPECT_FALSE(parse_client_hello(records(hello_with(odd))).ok()) << name;
    }
    Bytes followed = hello_for("good.example");
    followed.push_back(0);
    EXPECT_FALSE(parse_client_hello(records(followed)).ok());
    EXPECT_FALSE(parse_client_hello(base::bytes_of("GET / HTTP/1.1\r\n\r\n")).ok());
    EXPECT_FALSE(parse_client_hello(Bytes(hello_bytes_max + 1, 22)).ok());
}

TEST(Hello, OfAnotherHostOrAnEncryptedOneDoesNotPassUnseen) {
    Bytes extensions;
    extension(extensions, 0, server_name("api.example.com"));
    const auto plain = parse_client_hello(records(hello_with(extensions)));
    EXPECT_FALSE(check_hello(**plain, "api.example.com").has_value());
    EXPECT_TRUE(check_hello(**plain, "other.example.com").has_value());
    EXPECT_TRUE(check_hello(**plain, "203.0.113.7").has_value());
    extension(extensions, 0xfe0d, bytes({0, 1, 2, 3}));
    const auto hidden = parse_client_hello(records(hello_with(extensions)));
    ASSERT_TRUE(hidden.ok() && *hidden);
    EXPECT_TRUE(check_hello(**hidden, "api.example.com").has_value());
    const auto nameless = parse_client_hello(records(hello_with({})));
    EXPECT_TRUE(check_hello(**nameless, "api.example.com").has_value());
    EXPECT_FALSE(check_hello(**nameless, "203.0.113.7").has_value());
}

TEST(Socks, RequestsAreReadStrictly) {
    EXPECT_EQ(**parse_socks_greeting(bytes({5, 2, 1, 0})), 4U);
    EXPECT_FALSE(parse_socks_greeting(bytes({5, 1, 2})).ok());  // wants a password
    EXPECT_FALSE(parse_socks_greeting(bytes({4, 1, 0})).ok());
    EXPECT_FALSE((*parse_socks_greeting(bytes({5, 2, 0}))).has_value());
    Bytes named = bytes({5, 1, 0, 3, 11});
    for (const char c : std::string_view("Example.com"))
        named.push_back(static_cast<std::uint8_t>(c));
    put16(named, 443);
    for (std::size_t size = 0; size < named.size(); ++size) {
        const auto cut = parse_socks_request(base::ByteView(named).first(size));
        ASSERT_TRUE(cut.ok());
        EXPECT_FALSE(cut->has_value());
    }
    const auto target = parse_socks_request(named);
    ASSERT_TRUE(target.ok() && *target);
    EXPECT_EQ((*target)->host, "example.com");
    EXPECT_EQ((*target)->port, 443);
    EXPECT_FALSE(parse_socks_request(bytes({5, 2, 0, 1, 1, 2, 3, 4, 0, 80})).ok());  // BIND
    EXPECT_FALSE(parse_socks_request(bytes({5, 1, 0, 1, 1, 2, 3, 4, 0, 0})).ok());   // port 0
    EXPECT_EQ((*parse_socks_request(bytes({5, 1, 0, 1, 10, 2, 3, 4, 0, 80})))->host, "10.2.3.4");
}

TEST(Authorities, HaveOneReading) {
    EXPECT_EQ(*parse_host_port("Example.com:8080", 0), (HostAndPort{"example.com", 8080}));
    EXPECT_EQ(*parse_host_port("example.com", 80), (HostAndPort{"example.com", 80}));
    EXPECT_EQ(*parse_host_port("[::1]:443", 0), (HostAndPort{"::1", 443}));
    for (const char* text :
         {"example.com", "example.com:", "example.com:0", "example.com:080", "example.com:65536",
          "example.com:80:80", "::1:443", "[::1", "[::1]x", "[example.com]:80",
          "user@example.com:80", "0x7f000001:80", "2130706433:80", "127.1:80", "exa mple.com:80",
          ":80", "example.com:+80", "example.com.:80", "example.com/x:80"}) {
        EXPECT_FALSE(parse_host_port(text, 0).ok()) << text;
    }
}

std::variant<RequestAim, Trouble> aim(const std::string& method, const std::string& target,
                                      std::vector<net::Header> fields, const HttpPlace& place) {
    net::RequestHead request;
    request.method = method;
    request.target = target;
    for (auto& field : fields) request.headers.add(field.name, field.value);
    return aim_of(request, place);
}

TEST(Requests, MustAgreeWithTheirConnection) {
    const HttpPlace place{HttpPlace::Form::origin, Scheme::https, "api.example.com", 443};
    EXPECT_TRUE(std::holds_alternative<RequestAim>(
        aim("GET", "/x?y", {{"Host", "api.example.com"}}, place)));
    const auto refused = [&](const std::string& target, std::vector<net::Header> fields,
                             const std::string& method = "GET") {
        return std::holds_alternative<Trouble>(aim(method, target, std::move(fields), place));
    };
    EXPECT_TRUE(refused("/", {{"Host", "other.example.com"}}));
    EXPECT_TRUE(refused("/", {{"Host", "api.example.com:8443"}}));
    EXPECT_TRUE(refused("/", {}));
    EXPECT_TRUE(refused("/", {{"Host", "api.example.com"}, {"Host", "other.example.com"}}));
    EXPECT_TRUE(refused("http://other.example.com/", {{"Host", "api.example.com"}}));
    EXPECT_TRUE(refused("*", {{"Host", "api.example.com"}}, "OPTIONS"));
    EXPECT_TRUE(refused("/", {{"Host", "api.example.com"}, {"X-HTTP-Method-Override", "PUT"}}));
    EXPECT_TRUE(refused("/", {{"Host", "api.example.com"}, {"Upgrade", "h2c"}}));
    EXPECT_TRUE(refused("/", {{"Host", "api.example.com"}}, "TRACE"));
}

TEST(Requests, ToAProxyNameTheirHostTwiceAlike) {
    const HttpPlace place{HttpPlace::Form::absolute, Scheme::http, "", 80};
    const auto good = aim("GET", "http://Example.com/a%7Eb", {{"Host", "example.com"}}, place);
    ASSERT_TRUE(std::holds_alternative<RequestAim>(good));
    EXPECT_EQ(std::get<RequestAim>(good).target, "/a~b");
    EXPECT_EQ(std::get<RequestAim>(good).at, (HostAndPort{"example.com", 80}));
    for (const char* target : {"/", "http://user@example.com/", "http://example.com/../x",
                               "ftp://example.com/", "http://0x7f.1/"}) {
        EXPECT_TRUE(std::holds_alternative<Trouble>(aim("GET", target, {}, place))) << target;
    }
    EXPECT_TRUE(std::holds_alternative<Trouble>(
        aim("GET", "http://example.com/", {{"Host", "example.com:8080"}}, place)));
}

TEST(Placeholders, OfOtherSecretsStopTheRequest) {
    net::RequestHead request;
    request.method = "GET";
    request.target = "/";
    request.headers.add("Authorization", "Bearer hs_placeholder_github");
    EXPECT_FALSE(has_foreign_placeholder(request, {"github", "Authorization", "Bearer "}));
    EXPECT_TRUE(has_foreign_placeholder(request, {"gitlab", "Authorization", "Bearer "}));
    EXPECT_TRUE(has_foreign_placeholder(request, {}));
    net::RequestHead basic;
    basic.method = "GET";
    basic.target = "/";
    basic.headers.add("authorization",
                      "basic " + base::to_base64(base::bytes_of("x:hs_placeholder_github")));
    EXPECT_TRUE(has_foreign_placeholder(basic, {}));
    EXPECT_FALSE(has_foreign_placeholder(basic, {"github", "Authorization", "Bearer "}));
    net::RequestHead in_target;
    in_target.method = "GET";
    in_target.target = "/?token=hs_placeholder_github";
    EXPECT_TRUE(has_foreign_placeholder(in_target, {}));
}

}  // namespace
}  // namespace hs::egress
