// plan_declare: what the task will need, said before anything of a stranger's is read. The keeper
// holds it (gate/plan_book.h); here the short form that a model writes becomes calls with
// arguments as the keeper will see them: canonical paths and addresses.
#include <fmt/format.h>

#include "tools/call_words.h"
#include "tools/default_tools.h"
#include "tools/schema.h"
#include "wire/url.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

struct Stem {
    std::string text;  // without the "*" at its end
    std::string star;  // "*" or empty
};

Stem stem_of(std::string_view text) {
    const bool open = text.ends_with('*');
    return {std::string(text.substr(0, text.size() - (open ? 1 : 0))), open ? "*" : ""};
}

// "src/pa*" → the project's own folder and "/src/pa*". What stands after the last slash need not
// exist.
Result<std::string> whole_path(const ToolContext& context, std::string_view text) {
    const Stem stem = stem_of(text);
    const auto resolve = [&](std::string_view path) -> Result<std::string> {
        return TRY(context.roots->resolve(path, files::MissingFolders::make)).path;
    };
    if (stem.star.empty()) return resolve(stem.text);
    const std::size_t slash = stem.text.rfind('/');
    const std::string folder =
        slash == std::string::npos ? "." : stem.text.substr(0, std::max<std::size_t>(slash, 1));
    const std::string begin = slash == std::string::npos ? stem.text : stem.text.substr(slash + 1);
    if (begin == "." || begin == "..") return fail(Code::invalid_input, "\"..*\" is no path");
    return TRY(resolve(folder)) + "/" + begin + stem.star;
}

Result<std::string> whole_url(std::string_view text) {
    const Stem stem = stem_of(text);
    const wire::Url url = TRY(wire::parse_url(stem.text));
    // Else "https://a.example*" would also mean https://a.example.evil.example.
    const std::size_t host = stem.text.find("://") + 3;
    if (!stem.star.empty() && stem.text.find('/', host) == std::string::npos) {
        return fail(Code::invalid_input,
                    "an address that ends with \"*\" must name its host whole: https://host/*");
    }
    return url.text() + stem.star;
}

bool is_on_path(std::string_view tool) {
    return tool.starts_with("files_");
}

Result<Json> planned(const ToolContext& context, const std::string& words) {
    WordedCall call = TRY(call_of_words(words));
    if (call.arguments.find("path") != nullptr && is_on_path(call.tool)) {
        const std::string text = TRY(wire::text_at(call.arguments, "path"));
        call.arguments["path"] = TRY(whole_path(context, text));
    }
    if (call.tool == "http_fetch" && call.arguments.find("url") != nullptr) {
        const std::string text = TRY(wire::text_at(call.arguments, "url"));
        call.arguments["url"] = TRY(whole_url(text));
    }
    return Json(JsonObject{{"tool", call.tool}, {"arguments", std::move(call.arguments)}});
}

class PlanDeclare : public Tool {
  public:
    PlanDeclare()
        : Tool({"plan_declare",
                "Before pages, mail or output are read: the calls a task will need. Others are "
                "then asked about.",
                object_schema({{"calls", texts_schema("\"TOOL ARGUMENT\", such as \"files_edit "
                                                      "src/a*\" or \"shell_run make *\"")}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        Json calls{wire::JsonArray{}};
        for (const Json& call : *TRY(wire::array_at(arguments, "calls"))) {
            calls.push(TRY(planned(context, *call.text())));
        }
        const std::size_t count = calls.array()->size();
        Json told = JsonObject{{"circumstances", gate::to_json(context.circumstances)},
                               {"calls", std::move(calls)}};
        const Json answer = TRY(context.gate.question("plan.declare", std::move(told)));
        Reply reply{
            "The plan is held. A call outside it is asked about once a stranger's text was "
            "read; it can only shrink.",
            flow::Label::nothing(), fmt::format("a plan of {} calls", count)};
        reply.details["plan"] = TRY(wire::text_at(answer, "id"));
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_plan_declare() {
    return std::make_unique<PlanDeclare>();
}

}  // namespace hs::tools
