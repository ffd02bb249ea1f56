#include "secrets/binding.h"

#include <gtest/gtest.h>

namespace hs::secrets {
namespace {

Binding bound() {
    Binding binding;
    binding.hosts = {"api.example.com"};
    binding.header = "Authorization";
    binding.prefix = "Bearer ";
    return binding;
}

SecretPlace place() {
    return {"api.example.com", SecretForm::header, "authorization", "Bearer ", "GET",
            "/v1/things",      "/usr/bin/curl"};
}

TEST(BindingTest, EmptyListsAdmitEverythingButTheHost) {
    EXPECT_EQ(misfit("key", bound(), place()), "");
    SecretPlace other = place();
    other.host = "api.example.com.evil.example";
    EXPECT_NE(misfit("key", bound(), other).find("--host"), std::string::npos);
    EXPECT_NE(misfit("key", Binding{}, place()), "");
}

TEST(BindingTest, MethodsPathsAndExecutablesAreHeldExactly) {
    Binding binding = bound();
    binding.methods = {"GET"};
    binding.paths = {"/v1/things", "/team/"};
    binding.executables = {"/usr/bin/curl"};
    EXPECT_EQ(misfit("key", binding, place()), "");
    SecretPlace wrong = place();
    wrong.method = "DELETE";
    EXPECT_NE(misfit("key", binding, wrong).find("--method DELETE"), std::string::npos);
    for (const char* path :
         {"/v1/things/", "/v1/thingsX", "/team", "/v1/../v1/things", "/team/../x", "/team/%2e%2e/x",
          "//team/", "/team//x", "/team/./x", "/team/..", ""}) {
        wrong = place();
        wrong.path = path;
        EXPECT_NE(misfit("key", binding, wrong), "") << path;
    }
    wrong.path = "/team/project";
    EXPECT_EQ(misfit("key", binding, wrong), "");
    for (const char* program : {"", "/usr/bin/curl2", "curl", "/usr/bin/python3"}) {
        wrong = place();
        wrong.executable = program;
        EXPECT_NE(misfit("key", binding, wrong), "") << program;
    }
}

TEST(BindingTest, TheFormIsPartOfThePlace) {
    Binding git = bound();
    git.form = SecretForm::git;
    git.prefix = "Basic ";
    SecretPlace at = place();
    at.prefix = "Basic ";
    EXPECT_NE(misfit("key", git, at), "");
    at.form = SecretForm::git;
    EXPECT_NE(misfit("key", git, at).find("requests of git"), std::string::npos);
    at.path = "/team/project.git/info/refs";
    EXPECT_EQ(misfit("key", git, at), "");
    EXPECT_TRUE(admits(git, at));
    at.path = "/team/project.git/config";
    EXPECT_FALSE(admits(git, at));
}

TEST(BindingTest, MalformedPartsAreRefused) {
    const auto refused = [](auto&& change) {
        Binding binding = bound();
        change(binding);
        return !check_binding(binding).ok();
    };
    EXPECT_FALSE(refused([](Binding&) {}));
    for (const char* host : {"*.example.com", "Example.com", "a/b", "", "a@b", "a\n"}) {
        EXPECT_TRUE(refused([&](Binding& b) { b.hosts = {host}; })) << host;
    }
    for (const char* path : {"x", "/a/../b", "/%41", "//", "/a\n"}) {
        EXPECT_TRUE(refused([&](Binding& b) { b.paths = {path}; })) << path;
    }
    EXPECT_TRUE(refused([](Binding& b) { b.methods = {"get"}; }));
    EXPECT_TRUE(refused([](Binding& b) { b.executables = {"curl"}; }));
    EXPECT_TRUE(refused([](Binding& b) { b.user = "a:b"; }));
    EXPECT_TRUE(refused([](Binding& b) { b.header = "X: y"; }));
    EXPECT_TRUE(refused([](Binding& b) { b.methods.assign(65, "GET"); }));
    EXPECT_FALSE(parse_form("cookie").ok());
    EXPECT_EQ(*parse_form("git"), SecretForm::git);
}

TEST(BindingTest, ItsBytesComeBackAndOthersDoNot) {
    Binding binding = bound();
    binding.form = SecretForm::query;
    binding.user = "u";
    binding.methods = {"GET"};
    binding.paths = {"/a/"};
    binding.executables = {"/usr/bin/git"};
    base::Packer packer;
    pack_binding(packer, binding);
    base::Unpacker unpacker(packer.view());
    EXPECT_EQ(*unpack_binding(unpacker), binding);
    base::Bytes bad = packer.view();
    bad[4 + 4 + 15] = 9;  // the form, after one host
    base::Unpacker other(bad);
    EXPECT_FALSE(unpack_binding(other).ok());
}

}  // namespace
}  // namespace hs::secrets
