#include "hardshell/conversation.h"

#include <fmt/format.h>

#include <iostream>

#include "hardshell/commands.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t summary_columns_max = 60;

// What a call is about, in few words: its first telling argument.
std::string about(const Json& arguments) {
    for (const char* key : {"path", "url", "pattern", "script", "text", "query", "id"}) {
        const Json* value = arguments.find(key);
        if (value != nullptr && value->text() != nullptr) return *value->text();
    }
    const Json* argv = arguments.find("argv");
    if (argv == nullptr || argv->array() == nullptr) return "";
    std::string line;
    for (const Json& item : *argv->array()) {
        if (item.text() != nullptr) line += (line.empty() ? "" : " ") + *item.text();
    }
    return line;
}

}  // namespace

std::optional<std::string> read_answer(const Screen& screen, const std::string& prompt) {
    screen.write(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
}

Result<TurnView> Conversation::say(DaemonLine& daemon, Json request, const os::WakeUp* cancel) {
    view_ = {};
    batch_.clear();
    text_ = std::make_unique<MarkdownStream>(screen_);
    auto done = daemon.turn(
        request, [this](const std::string& kind, const Json& data) { return on_event(kind, data); },
        cancel);
    text_->finish();
    if (!done && done.error().code == Code::conflict && !view_.approval.empty()) return view_;
    if (!done && done.error().code == Code::cancelled) {
        view_.status = "cancelled";
        return view_;
    }
    TRY(std::move(done));
    return view_;
}

Result<> Conversation::on_event(const std::string& kind, const Json& data) {
    const bool json = screen_.form() == Form::json;
    if (kind == "turn") view_.turn = text_in(data, "turn");
    if (kind == "text" && data.text() != nullptr && !json) text_->add(clean(*data.text()));
    if (kind == "tool" && !json) show_tool(data);
    if (kind == "notice" && data.text() != nullptr && !json) {
        text_->finish();
        screen_.note(screen_.tone(Tone::warning, clean(*data.text())));
    }
    if (kind == "pending") return show_pending(data);
    if (kind == "failed") return fail(Code::io, text_in(data, "what"));
    if (kind == "done") {
        view_.done = data;
        view_.session = text_in(data, "session");
        view_.status = text_in(data, "status");
        view_.provider = text_in(data, "provider");
        view_.model = text_in(data, "model");
        if (const Json* usage = data.find("usage")) view_.usage = *usage;
    }
    return {};
}

void Conversation::show_tool(const Json& card) {
    const std::string phase = text_in(card, "phase");
    const std::string tool = text_in(card, "tool");
    if (phase == "begin") {
        text_->finish();
        const Json* arguments = card.find("arguments");
        summary_ = arguments != nullptr ? about(*arguments) : "";
        if (summary_.size() > summary_columns_max)
            summary_ = summary_.substr(0, summary_columns_max) + "…";
        return;
    }
    if (phase == "change") {
        screen_.line(clean(text_in(card, "text")));
        return;
    }
    const std::string outcome = text_in(card, "outcome");
    const std::string decision = text_in(card, "decision");
    const Json* ms = card.find("ms");
    const Tone tone = outcome == "done" ? Tone::good : Tone::bad;
    std::string line = fmt::format("{} {}  {}", screen_.tone(tone, outcome == "done" ? "●" : "✗"),
                                   screen_.tone(Tone::strong, tool), clean(summary_));
    if (!decision.empty()) line += screen_.tone(Tone::faint, "  " + decision);
    if (ms != nullptr && ms->integer() != nullptr) {
        line += screen_.tone(Tone::faint, fmt::format("  {} ms", *ms->integer()));
    }
    // Cards go to standard error when piped, so that a pipe gets the answer alone.
    if (screen_.interactive()) {
        screen_.line(line);
    } else {
        screen_.note(line);
    }
}

Result<> Conversation::show_pending(const Json& pending) {
    text_->finish();
    const std::string approval = text_in(pending, "approval");
    view_.approval = approval;
    if (screen_.form() == Form::json && unattended_ == Unattended::leave) {
        view_.status = "pending";
        return fail(Code::conflict, "an approval is open");
    }
    const std::string card = clean(text_in(pending, "card"));
    if (!screen_.interactive()) {
        screen_.note("Needs your approval:\n  " + card);
        screen_.note(
            fmt::format("Answer with: hardshell approvals approve {0}   (or deny {0})", approval));
        if (unattended_ == Unattended::wait) return {};
        view_.status = "pending";
        return fail(Code::conflict, "an approval is open");
    }
    batch_.push_back(pending);
    if (wire::number_in(pending, "more") > 0) return {};
    if (batch_.size() > 1) return answer_batch();
    batch_.clear();
    screen_.line(screen_.tone(Tone::warning, "Needs your approval"));
    screen_.line("  " + card);
    return answer(approval, text_in(pending, "decision"));
}

// All cards first, then one answer for all, or one for each.
Result<> Conversation::answer_batch() {
    const std::vector<Json> batch = std::exchange(batch_, {});
    screen_.line(
        screen_.tone(Tone::warning, fmt::format("{} actions need your approval", batch.size())));
    for (std::size_t i = 0; i < batch.size(); ++i) {
        screen_.line(fmt::format("{}. {}", i + 1, clean(text_in(batch[i], "card"))));
    }
    char choice = 0;
    while (choice != 'a' && choice != 'd' && choice != 'o') {
        const auto typed = read_answer(
            screen_,
            fmt::format("[a]pprove all {} once  [d]eny all  [o]ne by one > ", batch.size()));
        choice = typed && !typed->empty() ? (*typed)[0] : 'd';
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::string approval = text_in(batch[i], "approval");
        view_.approval = approval;
        if (choice == 'o') {
            screen_.line(fmt::format("{}. {}", i + 1, clean(text_in(batch[i], "card"))));
            TRY(answer(approval, text_in(batch[i], "decision")));
            continue;
        }
        const auto answered = tell(approval, choice == 'a' ? Said::approve : Said::deny);
        if (!answered) screen_.line(screen_.tone(Tone::bad, clean(answered.error().what)));
    }
    view_.approval.clear();
    return {};
}

Result<Json> Conversation::tell(const std::string& approval, Said said) {
    Json arguments;
    arguments["approval"] = approval;
    arguments["consent"] = said != Said::deny;
    if (said == Said::always) arguments["rule"] = true;
    auto keeper = TRY(KeeperLine::open(places_));
    return keeper.question("approvals.answer", std::move(arguments));
}

Result<> Conversation::answer(const std::string& approval, const std::string& decision) {
    for (;;) {
        const auto typed = read_answer(
            screen_, "[a]pprove once  [r]ule: approve and always allow this  [d]eny  [e]xplain > ");
        const char choice = typed && !typed->empty() ? (*typed)[0] : 'd';
        if (choice == 'e') {
            Options options;
            options.policy.words = {decision};
            const auto why = run_why({options, screen_, places_});
            if (!why) screen_.failure(why.error());
            continue;
        }
        if (choice != 'a' && choice != 'r' && choice != 'd') continue;
        const Said said = choice == 'd' ? Said::deny : choice == 'r' ? Said::always : Said::approve;
        const auto answered = tell(approval, said);
        if (!answered) {
            screen_.line(screen_.tone(Tone::bad, clean(answered.error().what)));
            if (choice == 'r') continue;
            return {};
        }
        view_.approval.clear();
        if (const Json* rule = answered->find("rule"); rule != nullptr && rule->text() != nullptr) {
            screen_.line(screen_.tone(Tone::faint, "Added to your rules:"));
            screen_.line(clean(*rule->text()));
        }
        return {};
    }
}

}  // namespace hs::cli
