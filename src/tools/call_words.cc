#include "tools/call_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/trial.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t words_bytes_max = 8192;

Result<Json> arguments_of(const std::string& tool, const std::string& rest) {
    if (rest.empty()) return Json(JsonObject{});
    if (rest.front() == '{') return wire::parse_json(rest);
    if (tool.starts_with("files_")) return Json(JsonObject{{"path", rest}});
    if (tool == "http_fetch") {
        const std::size_t space = rest.find(' ');
        if (space == std::string::npos) return Json(JsonObject{{"url", rest}, {"method", "GET"}});
        return Json(JsonObject{{"method", rest.substr(0, space)}, {"url", rest.substr(space + 1)}});
    }
    if (tool == "shell_run") {
        Json argv{wire::JsonArray{}};
        for (const std::string& word : TRY(policy::split_command(rest))) argv.push(word);
        return Json(JsonObject{{"argv", std::move(argv)}});
    }
    if (tool == "skill_load") return Json(JsonObject{{"name", rest}});
    return fail(
        Code::invalid_input,
        fmt::format("what {} is given must be JSON: {} {{\"argument\": \"value\"}}", tool, tool));
}

}  // namespace

Result<WordedCall> call_of_words(const std::string& words) {
    if (words.size() > words_bytes_max) return fail(Code::exhausted, "a call of over 8 KiB");
    const std::size_t space = std::min(words.find(' '), words.size());
    const std::size_t begin = words.find_first_not_of(' ', space);
    WordedCall call;
    call.tool = words.substr(0, space);
    call.arguments =
        TRY(arguments_of(call.tool, begin == std::string::npos ? "" : words.substr(begin)));
    return call;
}

}  // namespace hs::tools
