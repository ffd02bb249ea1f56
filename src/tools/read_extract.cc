// read_extract: one value out of a text that the conversation does not get to see. A model without
// tools reads it; its answer is taken as a value of the declared type, or not at all.
#include <fmt/format.h>

#include "flow/text.h"
#include "flow/typed_value.h"
#include "tools/call_words.h"
#include "tools/default_tools.h"
#include "tools/manifests.h"
#include "tools/permission.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using flow::ValueType;
using wire::Json;

constexpr std::size_t question_bytes_max = 500;

std::string_view form_words(ValueType type) {
    switch (type) {
        case ValueType::yes_no:
            return "yes or no";
        case ValueType::choice:
            return "exactly one of the choices";
        case ValueType::number:
            return "a number, such as -12.5";
        case ValueType::amount:
            return "an amount, such as 12.50 EUR";
        case ValueType::date:
            return "a date, such as 2026-12-24 or 2026-12-24 09:30";
        case ValueType::account:
            return "an IBAN";
        case ValueType::address:
            return "a mail address";
        case ValueType::url:
            return "an http or https URL";
    }
    return "";
}

// Only what looks: the outcome of a change holds nothing to read.
Result<ToolCall> call_to_read(const std::string& words) {
    WordedCall call = TRY(call_of_words(words));
    const flow::ToolManifest manifest = manifest_for(call.tool, call.arguments);
    const bool looks = manifest.is_declared() && !manifest.writes();
    if (!looks && call.tool != "shell_run") {
        return fail(
            Code::invalid_input,
            fmt::format("{} is no tool that reads; expected files_read PATH, http_fetch URL "
                        "or shell_run COMMAND",
                        call.tool.substr(0, 100)));
    }
    return ToolCall{"", std::move(call.tool), std::move(call.arguments)};
}

std::string question_for(ValueType type, const std::string& asked,
                         const std::vector<std::string>& choices) {
    std::string text = fmt::format("{}\nThe answer is {}.", asked, form_words(type));
    for (const std::string& choice : choices) text += "\n- " + choice;
    return text +
           "\nAnswer with that value alone, or with the word none where the text does not "
           "say.";
}

class ReadExtract : public Tool {
  public:
    ReadExtract()
        : Tool({"read_extract", "One value out of a stranger's text, which you do not see.",
                object_schema(
                    {{"call", text_schema("\"files_read PATH\", \"http_fetch URL\" or \"shell_run "
                                          "COMMAND\"")},
                     {"question", text_schema()},
                     {"type", choice_schema({"yes_no", "choice", "number", "amount", "date",
                                             "account", "address", "url"})},
                     {"choices", texts_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        TRY(check_skill_may_use(context, spec().name));
        if (!context.read_apart) return fail(Code::io, "no model can be asked here");
        const auto type = flow::value_type_from_name(TRY(wire::text_at(arguments, "type"))).value();
        const std::string asked = TRY(wire::text_at(arguments, "question"));
        if (asked.empty() || asked.size() > question_bytes_max) {
            return fail(Code::invalid_input, "a question of 1 to 500 bytes was expected");
        }
        std::vector<std::string> choices;
        if (const Json* given = arguments.find("choices")) {
            for (const Json& one : *given->array()) choices.push_back(*one.text());
        }
        if (type == ValueType::choice) TRY(flow::check_choices(choices));
        if (type != ValueType::choice) choices.clear();
        const ToolCall call = TRY(call_to_read(TRY(wire::text_at(arguments, "call"))));
        ApartAnswer answer = TRY(context.read_apart(call, question_for(type, asked, choices)));
        return reply_for(type, choices, std::move(answer));
    }

  private:
    static Result<Reply> reply_for(ValueType type, const std::vector<std::string>& choices,
                                   ApartAnswer answer) {
        Reply reply;
        reply.label = std::move(answer.label);
        reply.sources = std::move(answer.sources);
        reply.details["read"] = answer.origin;
        // Two words of our own, which the text could choose between.
        reply.form = flow::Span::Form::choice;
        const auto value = flow::typed_value(type, answer.text, choices);
        if (value) {
            reply.text = *value;
            reply.form = flow::form_of(type);
            reply.summary = fmt::format("a value of type {}", flow::value_type_name(type));
        } else if (flow::trimmed(answer.text) == "none") {
            reply.text = "none: the text does not say.";
            reply.summary = "the text does not say";
        } else {
            reply.text = fmt::format(
                "Refused: what was read out of the text is not {}. It is not "
                "shown.",
                form_words(type));
            reply.summary = "the answer was not of the type, and is not shown";
            reply.is_error = true;
        }
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_read_extract() {
    return std::make_unique<ReadExtract>();
}

}  // namespace hs::tools
