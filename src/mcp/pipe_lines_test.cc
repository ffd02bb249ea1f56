#include "mcp/pipe_lines.h"

#include <gtest/gtest.h>

#include "os/file.h"
#include "os/pipe.h"

namespace hs::mcp {
namespace {

TEST(PipeLines, ReadsWhatWasSaidBeforeTheEndAndThenWhyItEnded) {
    auto input = std::move(*os::make_input_pipe());
    auto output = std::move(*os::make_pipe());
    auto errors = std::move(*os::make_pipe());
    PipeLines lines(std::move(input.writing), std::move(output.reading), std::move(errors.reading));
    const auto soon = os::Deadline::after_ms(5'000);
    ASSERT_TRUE(lines.send("asked", soon).ok());
    ASSERT_TRUE(os::write_all(output.writing.get(), base::bytes_of("first\n\nsecond\nhalf")).ok());
    ASSERT_TRUE(os::write_all(errors.writing.get(), base::bytes_of("no database\n")).ok());
    output.writing.close();
    errors.writing.close();
    EXPECT_EQ(*lines.receive(soon), "first");
    EXPECT_EQ(*lines.receive(soon), "second");
    const auto after = lines.receive(soon);
    ASSERT_FALSE(after.ok());
    EXPECT_EQ(after.error().what, "the server has ended: no database");
}

}  // namespace
}  // namespace hs::mcp
