// Every preset loads without a warning and does what its table says.
#include <gtest/gtest.h>

#include "policy/table.h"
#include "policy/testing/load.h"

namespace hs::policy {
namespace {

class Preset : public testing::TestWithParam<std::string> {};

TEST_P(Preset, LoadsWithoutWarning) {
    const auto snapshot = load(preset_sources(GetParam()).value(), test_options());
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().what;
    for (const LintFinding& finding : (*snapshot)->warnings) ADD_FAILURE() << finding.message;
}

TEST_P(Preset, DoesWhatItsTableSays) {
    const NamedText table = read_table(GetParam() + ".toml");
    ASSERT_FALSE(table.text.empty()) << table.name;
    const auto report = run_table(table, load_preset(GetParam()));
    ASSERT_TRUE(report.ok()) << report.error().what;
    EXPECT_GE(report->cases, 10U);
    for (const std::string& failure : report->failures) ADD_FAILURE() << failure;
}

INSTANTIATE_TEST_SUITE_P(All, Preset, testing::Values("personal", "work", "enterprise", "locked"),
                         [](const auto& preset) { return preset.param; });

}  // namespace
}  // namespace hs::policy
