// chat and send: the conversation at the terminal.

#include <fmt/format.h>
#include <histedit.h>
#include <signal.h>

#include <clocale>
#include <cstdio>
#include <iostream>
#include <memory>

#include "hardshell/commands.h"
#include "hardshell/conversation.h"
#include "hardshell/keys.h"
#include "os/environment.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t message_bytes_max = std::size_t{4} << 20U;
constexpr int history_lines_max = 500;

// Ctrl-C while a turn runs cancels the turn; the handler only raises a descriptor.
const os::WakeUp* cancel_now = nullptr;

extern "C" void on_interrupt(int) {
    if (cancel_now != nullptr) cancel_now->raise();
}

class Interrupts {
  public:
    explicit Interrupts(const os::WakeUp& wake_up) {
        cancel_now = &wake_up;
        struct sigaction action {};
        action.sa_handler = on_interrupt;
        ::sigaction(SIGINT, &action, &before_);
    }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts() {
        ::sigaction(SIGINT, &before_, nullptr);
        cancel_now = nullptr;
    }

  private:
    struct sigaction before_ {};
};

// Line editing and history by libedit; plain lines where there is no terminal.
class Prompt {
  public:
    explicit Prompt(bool interactive) {
        if (!interactive) return;
        // libedit reads what is typed, and this prompt, by the locale; without one that knows
        // UTF-8 it has no prompt at all.
        const bool knows_utf8 = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
        edit_ = el_init("hardshell", stdin, stdout, stderr);
        history_ = history_init();
        HistEvent event;
        history(history_, &event, H_SETSIZE, history_lines_max);
        el_set(edit_, EL_PROMPT, knows_utf8 ? &Prompt::text : &Prompt::plain_text);
        el_set(edit_, EL_EDITOR, "emacs");
        el_set(edit_, EL_HIST, history, history_);
        el_set(edit_, EL_SIGNAL, 0);
    }
    Prompt(const Prompt&) = delete;
    Prompt& operator=(const Prompt&) = delete;
    ~Prompt() {
        if (history_ != nullptr) history_end(history_);
        if (edit_ != nullptr) el_end(edit_);
    }

    // Nothing at the end of input. Ctrl-C empties the line.
    std::optional<std::string> read() {
        if (edit_ == nullptr) {
            std::string line;
            if (!std::getline(std::cin, line)) return std::nullopt;
            return line;
        }
        int count = 0;
        const char* typed = el_gets(edit_, &count);
        if (typed == nullptr || count <= 0)
            return count < 0 ? std::optional<std::string>("") : std::nullopt;
        std::string line(typed, static_cast<std::size_t>(count));
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
        HistEvent event;
        if (!line.empty()) history(history_, &event, H_ENTER, line.c_str());
        return line;
    }

  private:
    static const char* text(EditLine*) { return "› "; }
    static const char* plain_text(EditLine*) { return "> "; }
    EditLine* edit_ = nullptr;
    History* history_ = nullptr;
};

Result<std::string> project_of(const Options& options) {
    const std::string wanted =
        options.project.empty() ? TRY(os::working_folder()) : options.project;
    return os::resolve_path(wanted);
}

struct Chat {
    const Desk& desk;
    std::string session;
    std::string project;
    std::string model;

    Json request(const std::string& text) const {
        Json body;
        body["text"] = text;
        body["project"] = project;
        if (!model.empty()) body["model"] = model;
        if (desk.options.memory.private_chat) body["private"] = true;
        if (desk.options.memory.no_memory) body["memory"] = false;
        if (!session.empty()) body["session"] = session;
        if (!session.empty() && session == desk.options.session) body["create"] = true;
        return body;
    }

    Result<int> say(const std::string& text) {
        auto daemon = TRY(open_unlocked(desk, desk.options.start ? Start::yes : Start::no));
        const os::WakeUp cancel = TRY(os::WakeUp::make());
        const Interrupts interrupts(cancel);
        Conversation conversation(desk.screen, desk.places,
                                  desk.options.wait ? Unattended::wait : Unattended::leave);
        const TurnView view = TRY(conversation.say(daemon, request(text), &cancel));
        if (!view.session.empty()) session = view.session;
        if (desk.screen.form() == Form::json) {
            Json out =
                view.done.is_null() ? Json(wire::JsonObject{{"status", view.status}}) : view.done;
            if (!view.approval.empty()) out["approval"] = view.approval;
            desk.screen.json(out);
        }
        if (view.status == "pending") return exit_pending;
        if (view.status == "cancelled") {
            desk.screen.note("Cancelled.");
            return exit_cancelled;
        }
        return view.status == "done" ? exit_done : exit_failed;
    }

    void help() const {
        desk.screen.line(
            "/new      begin a new conversation      /status  what runs, what was spent");
        desk.screen.line(
            "/model    list or choose who answers    /why ID  why a decision was made");
        desk.screen.line(
            "/tools    what the assistant can use    /undo    take back its last change");
        desk.screen.line("/help     this list                     /quit    leave (also Ctrl-D)");
        desk.screen.line("Ctrl-C cancels what runs.");
    }

    Result<> tools() const {
        for (const auto& [name, what] : std::initializer_list<std::pair<const char*, const char*>>{
                 {"files_list, files_read, files_find, files_grep", "look at files of the project"},
                 {"files_write, files_edit, files_remove", "change files, with undo"},
                 {"shell_run, shell_processes", "run commands in a sandbox without network"},
                 {"http_fetch", "fetch a page or call an API"},
                 {"remember, recall, forget", "keep things for later conversations"}}) {
            desk.screen.line(fmt::format("{}\n    {}", name, what));
        }
        return {};
    }

    // Lists what may answer, or chooses for this conversation.
    Result<> choose_model(const std::string& wanted) {
        auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
        const Json json = TRY(daemon.request("GET", "/v1/models"));
        std::string chosen;
        for (const Json& item : *TRY(wire::array_at(json, "data"))) {
            const std::string id = text_in(item, "id");
            const bool is_it = id == wanted || id.substr(0, id.find('/')) == wanted;
            if (!wanted.empty() && is_it) chosen = id;
            if (!wanted.empty()) continue;
            const bool is_now = model.empty() ? id == "hardshell" : id == model;
            desk.screen.line((is_now ? "* " : "  ") + clean(id));
        }
        if (wanted.empty()) {
            desk.screen.line(
                "/model NAME chooses for this conversation; \"hardshell\" is the order of");
            desk.screen.line("the settings (hardshell config set model.default NAME).");
            return {};
        }
        if (chosen.empty()) {
            return fail(Code::not_found,
                        fmt::format("there is no model {}; /model lists them", clean(wanted)));
        }
        model = chosen == "hardshell" ? "" : chosen;
        desk.screen.line(fmt::format("{} answers from now on.", clean(chosen)));
        return {};
    }

    // False: leave the chat.
    Result<bool> command(const std::string& line) {
        const std::size_t space = line.find(' ');
        const std::string word = line.substr(0, space);
        Options options = desk.options;
        options.text = space == std::string::npos ? "" : line.substr(space + 1);
        const Desk sub{options, desk.screen, desk.places};
        if (word == "/quit" || word == "/exit") return false;
        if (word == "/new") {
            session.clear();
            desk.screen.line("A new conversation.");
        } else if (word == "/status") {
            TRY(run_status(sub));
        } else if (word == "/undo") {
            TRY(run_undo(sub));
        } else if (word == "/why") {
            TRY(run_why(sub));
        } else if (word == "/tools") {
            TRY(tools());
        } else if (word == "/model") {
            TRY(choose_model(options.text));
        } else {
            if (word != "/help") desk.screen.line("There is no " + clean(word) + ".");
            help();
        }
        return true;
    }
};

}  // namespace

Result<int> run_send(const Desk& desk) {
    std::string text = desk.options.text;
    if (text == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
        if (text.size() > message_bytes_max) {
            return fail(Code::exhausted, fmt::format("the message has {} bytes; at most {} are "
                                                     "accepted: name a file instead",
                                                     text.size(), message_bytes_max));
        }
    }
    Chat chat{desk, desk.options.session, TRY(project_of(desk.options)), desk.options.model};
    return chat.say(text);
}

Result<int> run_chat(const Desk& desk) {
    Chat chat{desk, desk.options.session, TRY(project_of(desk.options)), desk.options.model};
    if (desk.options.start) TRY(open_unlocked(desk, Start::yes));
    if (desk.screen.interactive()) {
        desk.screen.line(
            fmt::format("{}  {}", desk.screen.tone(Tone::strong, "Hardshell"),
                        desk.screen.tone(Tone::faint, chat.project + "   /help for help")));
        if (desk.options.memory.private_chat) {
            desk.screen.line(desk.screen.tone(
                Tone::faint, "Private: no transcript and no memory; actions are recorded."));
        }
    }
    Prompt prompt(desk.screen.interactive());
    int code = exit_done;
    while (const auto line = prompt.read()) {
        if (line->empty()) continue;
        if (line->starts_with('/')) {
            const auto stay = chat.command(*line);
            if (!stay) desk.screen.failure(stay.error());
            if (stay && !*stay) break;
            continue;
        }
        const auto said = chat.say(*line);
        if (!said) desk.screen.failure(said.error());
        code = said ? *said : exit_failed;
        desk.screen.line();
    }
    // A script that pipes messages in learns how the last one went.
    return desk.screen.interactive() ? exit_done : code;
}

}  // namespace hs::cli
