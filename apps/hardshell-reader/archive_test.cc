#include "hardshell-reader/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/staged_folder.h"

namespace hs::reader {
namespace {

using base::Code;
using testing::HasSubstr;

struct Item {
    std::string path;
    std::string text;
    mode_t kind = AE_IFREG;
    mode_t mode = 0644;
    std::string link = {};
};

enum class Form { tar, tar_gz, zip };

base::Bytes archive_of(Form form, const std::vector<Item>& items) {
    base::Bytes out(std::size_t{80} << 20U);
    std::size_t used = 0;
    archive* made = archive_write_new();
    form == Form::zip ? archive_write_set_format_zip(made) : archive_write_set_format_pax(made);
    if (form == Form::tar_gz) archive_write_add_filter_gzip(made);
    archive_write_open_memory(made, out.data(), out.size(), &used);
    for (const Item& item : items) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, item.path.c_str());
        archive_entry_set_filetype(entry, item.kind);
        archive_entry_set_perm(entry, item.mode);
        if (item.kind == AE_IFLNK) archive_entry_set_symlink(entry, item.link.c_str());
        if (item.kind == AE_IFREG && !item.link.empty()) {
            archive_entry_set_hardlink(entry, item.link.c_str());
        }
        const bool has_text = item.kind == AE_IFREG && item.link.empty();
        archive_entry_set_size(entry, has_text ? static_cast<la_int64_t>(item.text.size()) : 0);
        archive_write_header(made, entry);
        if (has_text) archive_write_data(made, item.text.data(), item.text.size());
        archive_entry_free(entry);
    }
    archive_write_close(made);
    archive_write_free(made);
    out.resize(used);
    return out;
}

base::Error refusal(Form form, const std::vector<Item>& items) {
    const auto unpacked = unpack_archive(archive_of(form, items));
    return unpacked ? base::Error{Code::io, "it was taken", {}} : unpacked.error();
}

TEST(Archive, RefusesByNameWhatDoesNotBelongIntoASkill) {
    for (const Form form : {Form::tar, Form::tar_gz, Form::zip}) {
        const Item good{"SKILL.md", "text"};
        EXPECT_THAT(refusal(form, {good, {"a-link", "", AE_IFLNK, 0777, "/etc/passwd"}}).what,
                    HasSubstr("a-link: is a symbolic link"));
        EXPECT_THAT(refusal(form, {good, {"../escape", "x"}}).what, HasSubstr("../escape"));
        EXPECT_THAT(refusal(form, {good, {"a/../../b", "x"}}).what, HasSubstr("leaves"));
        EXPECT_THAT(refusal(form, {good, {"/etc/cron.d/x", "x"}}).what, HasSubstr("/etc/cron.d/x"));
        EXPECT_THAT(refusal(form, {good, {"SKILL.md", "other"}}).what, HasSubstr("stands twice"));
        EXPECT_EQ(refusal(form, {}).code, Code::invalid_input);
    }
    const Item good{"SKILL.md", "text"};
    EXPECT_THAT(refusal(Form::tar, {good, {"copy", "", AE_IFREG, 0644, "SKILL.md"}}).what,
                HasSubstr("copy: is a link"));
    EXPECT_THAT(refusal(Form::tar, {good, {"null", "", AE_IFCHR}}).what, HasSubstr("null: is a"));
    EXPECT_THAT(refusal(Form::tar, {good, {"pipe", "", AE_IFIFO}}).what, HasSubstr("pipe: is a"));
}

TEST(Archive, RefusesBombsAndAHundredThousandFiles) {
    const std::string zeros(17U << 20U, '\0');
    for (const Form form : {Form::tar_gz, Form::zip}) {
        const auto bomb = archive_of(form, {{"SKILL.md", "x"}, {"zeros", zeros}});
        EXPECT_LT(bomb.size(), 1U << 20U) << "small, as a bomb is";
        EXPECT_EQ(unpack_archive(bomb).error().code, Code::exhausted);
    }
    std::vector<Item> many;
    for (int i = 0; i < 100'000; ++i) many.push_back({"f" + std::to_string(i), ""});
    EXPECT_EQ(refusal(Form::tar_gz, many).code, Code::exhausted);
    std::vector<Item> folders;
    for (int i = 0; i < 5'000; ++i) folders.push_back({"d" + std::to_string(i), "", AE_IFDIR});
    EXPECT_EQ(refusal(Form::tar, folders).code, Code::exhausted);
}

TEST(Archive, RefusesWhatIsDamagedOrOfAnotherForm) {
    for (const Form form : {Form::tar_gz, Form::zip}) {
        auto bytes = archive_of(form, {{"SKILL.md", std::string(5'000, 'x')}});
        bytes.resize(bytes.size() / 2);
        EXPECT_FALSE(unpack_archive(bytes).ok());
    }
    for (const std::string_view text :
         {"", "plain text", "\x1f\x8b", "PK\x03\x04", "#!/bin/sh\n"}) {
        EXPECT_FALSE(unpack_archive(base::bytes_of(text)).ok()) << text;
    }
}

TEST(Archive, GivesFilesWithTheirPathsAndWhetherTheyRun) {
    for (const Form form : {Form::tar, Form::tar_gz, Form::zip}) {
        const auto packed =
            unpack_archive(archive_of(form, {{"./tea/", "", AE_IFDIR, 0755},
                                             {"./tea/SKILL.md", "text"},
                                             {"tea/run.sh", "code", AE_IFREG, 0755}}));
        ASSERT_TRUE(packed.ok()) << packed.error().what;
        const auto files = os::unpack_folder(*packed);
        ASSERT_TRUE(files.ok());
        ASSERT_EQ(files->size(), 2U);
        EXPECT_EQ((*files)[0].path, "tea/SKILL.md");
        EXPECT_FALSE((*files)[0].is_executable);
        EXPECT_TRUE((*files)[1].is_executable);
        EXPECT_EQ(base::text_of((*files)[1].bytes), "code");
    }
}

}  // namespace
}  // namespace hs::reader
