#include "agent/memory_tools.h"

#include <fmt/format.h>

#include "memory/notes.h"
#include "memory/own_words.h"
#include "memory/recollection.h"
#include "tools/permission.h"
#include "tools/schema.h"
#include "wire/utf8.h"

namespace hs::agent {
namespace {

using base::Code;
using base::fail;
using base::Result;
using memory::Entry;
using tools::Reply;
using tools::ToolContext;
using wire::Json;

constexpr std::size_t shown_bytes_max = 160;

Result<> check_has_memory(const ToolContext& context) {
    if (context.has_memory) return {};
    return fail(Code::denied,
                "nothing is remembered or recalled in this conversation: it is private, marked "
                "without memory, or not with the person");
}

std::string shown(const std::string& text) {
    const std::string_view head = wire::cut_utf8(text, shown_bytes_max);
    return fmt::format("\"{}{}\"", head, head.size() < text.size() ? "…" : "");
}

// Asks as if the conversation had this label: that of the text to be kept.
class UnderLabel {
  public:
    UnderLabel(ToolContext& context, const flow::Label& label)
        : context_(context), before_(context.circumstances.label) {
        context_.circumstances.label = label;
    }
    ~UnderLabel() { context_.circumstances.label = before_; }
    UnderLabel(const UnderLabel&) = delete;
    UnderLabel& operator=(const UnderLabel&) = delete;

  private:
    ToolContext& context_;
    flow::Label before_;
};

class Remember : public tools::Tool {
  public:
    explicit Remember(memory::Memory& memory)
        : Tool({"remember",
                "Keeps one short fact, preference or instruction of the person for later "
                "conversations, in their words. Never credentials.",
                tools::object_schema({{"text", tools::text_schema()},
                                      {"kind",
                                       tools::choice_schema({"fact", "preference", "person",
                                                             "project", "episode", "instruction"}),
                                       tools::Presence::optional},
                                      {"replaces", tools::text_schema("id of a note"),
                                       tools::Presence::optional}})}),
          memory_(memory) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        TRY(check_has_memory(context));
        Entry entry = TRY(draft(arguments, context));
        const UnderLabel as_text(context, entry.label);
        const auto alike = TRY(memory::recall(memory_, context.gate, context.circumstances,
                                              {entry.text, 3, flow::Integrity::untrusted}));
        for (const auto& one : alike) {
            if (one.entry.text != entry.text || one.entry.compartment != entry.compartment)
                continue;
            return Reply{fmt::format("It is remembered already, as {}.", one.entry.id),
                         flow::Label::nothing(), "remembered already"};
        }
        auto permit = TRY(tools::obtain(context, action_for(entry), "  " + entry.text));
        const std::string decision = permit.id();
        const auto kept = memory_.add(std::move(permit), std::move(entry));
        Json details;
        if (kept) details["memory"] = kept->id;  // with it, whom it was given to later is known
        tools::report(context, decision, kept ? "done" : "failed", std::move(details));
        return reply_for(TRY(kept), alike);
    }

  private:
    // Whose words it is: the person's, where they stand in their message; else it is of all that
    // the conversation has seen.
    Result<Entry> draft(const Json& arguments, const ToolContext& context) const {
        const gate::Circumstances& where = context.circumstances;
        Entry entry;
        entry.text = TRY(memory::tidy_text(TRY(wire::text_at(arguments, "text"))));
        entry.kind = memory::kind_from_name(TRY(wire::text_at_or(arguments, "kind", "fact")))
                         .value_or(memory::Kind::fact);
        entry.supersedes = TRY(wire::text_at_or(arguments, "replaces", ""));
        entry.salt = memory::fresh_salt(context.random);
        const bool own = memory::is_own_words(entry.text, context.said);
        entry.label = own ? flow::Label::of_person(where.person) : where.label;
        for (const auto& finding : memory_.look(entry.text)) {
            entry.label.classes.add(finding.data_class);
        }
        if (entry.label.integrity == flow::Integrity::untrusted) {
            entry.state = memory::State::quarantined;
        }
        entry.origin = {own ? "person" : "model",
                        where.person,
                        where.origin,
                        where.session,
                        where.turn,
                        own ? std::vector<std::string>() : context.sources};
        const bool of_project =
            entry.kind == memory::Kind::project || entry.kind == memory::Kind::episode;
        if (of_project) entry.project = where.project;
        entry.compartment = gate::CompartmentName{where.space, gate::project_tag(entry.project),
                                                  gate::sensitivity_of(entry.label.classes)}
                                .text();
        return entry;
    }

    static gate::Remember action_for(const Entry& entry) {
        gate::Remember action;
        action.compartment = entry.compartment;
        action.kind = memory::kind_name(entry.kind);
        action.content_sha256 = memory::content_digest(entry);
        action.content_bytes = entry.text.size();
        action.is_quarantined = entry.state == memory::State::quarantined;
        return action;
    }

    static Reply reply_for(const Entry& entry, const std::vector<memory::Found>& alike) {
        const bool apart = entry.state == memory::State::quarantined;
        Reply reply;
        reply.label = flow::Label::nothing();
        reply.text = apart ? fmt::format(
                                 "Kept apart as {}: the conversation holds a stranger's "
                                 "text, so the person must look at it first (hardshell "
                                 "memory review).",
                                 entry.id)
                           : fmt::format("Remembered as {}.", entry.id);
        reply.summary = fmt::format("{} {}", apart ? "kept apart" : "remembered", entry.id);
        std::string notice =
            apart ? fmt::format(
                        "Kept apart until you look at it: {} Review: hardshell memory "
                        "review   Undo: hardshell memory forget {}",
                        shown(entry.text), entry.id)
                  : fmt::format("Remembered ({}): {} Undo: hardshell memory forget {}",
                                memory::kind_name(entry.kind), shown(entry.text), entry.id);
        for (const auto& one : alike) {
            if (one.entry.id == entry.supersedes || !memory::may_contradict(one.entry, entry)) {
                continue;
            }
            reply.text += fmt::format(" It may contradict {}: {}", one.entry.id, one.entry.text);
            reply.label = flow::join(reply.label, one.entry.label);
            notice +=
                fmt::format("   It may contradict {}: {}", one.entry.id, shown(one.entry.text));
        }
        reply.details["notice"] = notice;
        return reply;
    }

    memory::Memory& memory_;
};

class Recall : public tools::Tool {
  public:
    explicit Recall(memory::Memory& memory)
        : Tool({"recall", "Searches what is remembered.",
                tools::object_schema({{"query", tools::text_schema()}})}),
          memory_(memory) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        TRY(check_has_memory(context));
        const std::string query = TRY(wire::text_at(arguments, "query"));
        const auto found =
            TRY(memory::recall(memory_, context.gate, context.circumstances, {query, 10}));
        const memory::Notes notes = memory::notes_of(found, context.clock.wall_ms(), 8000);
        for (const auto& [compartment, id] : notes.used) memory_.note_use(compartment, {id});
        if (notes.text.empty()) {
            return Reply{"Nothing like that is remembered.", flow::Label::nothing(),
                         "nothing found"};
        }
        Reply reply{notes.text, notes.label, fmt::format("recalled {}", notes.used.size())};
        reply.sources = notes.sources;
        return reply;
    }

  private:
    memory::Memory& memory_;
};

class Forget : public tools::Tool {
  public:
    explicit Forget(memory::Memory& memory)
        : Tool({"forget", "Forgets one memory by its id, for good.",
                tools::object_schema({{"id", tools::text_schema()}})}),
          memory_(memory) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        TRY(check_has_memory(context));
        memory::Forgetting wish;
        wish.ids = {TRY(wire::text_at(arguments, "id"))};
        wish.compartment = TRY(memory_.compartment_of(wish.ids.front()));
        wish.person = context.circumstances.person;
        auto permit = TRY(
            tools::obtain(context, memory::forget_action(wish, gate::Remember::Operation::forget),
                          "  " + wish.ids.front()));
        const std::string decision = permit.id();
        const auto forgotten = memory::forget(memory_, context.gate, std::move(permit), wish);
        tools::report(context, decision, forgotten ? "done" : "failed");
        TRY(forgotten);
        Reply reply{"Forgotten.", flow::Label::nothing(), "forgot " + wish.ids.front()};
        reply.details["notice"] =
            fmt::format("Forgotten: {} (record {}).{}", wish.ids.front(), forgotten->record,
                        forgotten->backups.empty()
                            ? ""
                            : fmt::format(" {} backups may still hold it: hardshell memory backup "
                                          "--list",
                                          forgotten->backups.size()));
        return reply;
    }

  private:
    memory::Memory& memory_;
};

}  // namespace

std::vector<std::unique_ptr<tools::Tool>> memory_tools(memory::Memory& memory) {
    std::vector<std::unique_ptr<tools::Tool>> all;
    all.push_back(std::make_unique<Remember>(memory));
    all.push_back(std::make_unique<Recall>(memory));
    all.push_back(std::make_unique<Forget>(memory));
    return all;
}

}  // namespace hs::agent
