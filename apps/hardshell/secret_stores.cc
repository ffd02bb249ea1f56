// secret stores and secret check: where secrets are kept, and whether they can be had.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "hardshell/commands.h"
#include "hardshell/secret_tasks.h"
#include "os/wait.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t patience_ms = 20'000;
constexpr std::chrono::milliseconds pause{50};

std::string list_in(const Json& item, std::string_view key) {
    std::string text;
    const Json* list = item.find(key);
    if (list == nullptr || list->array() == nullptr) return text;
    for (const Json& one : *list->array()) {
        if (one.text() != nullptr) text += (text.empty() ? "" : ", ") + *one.text();
    }
    return text;
}

std::string count_shown(const Json& item, std::string_view key) {
    return fmt::format(
        "{}", wire::integer_at_or(item, key, 0).ok() ? *wire::integer_at_or(item, key, 0) : 0);
}

}  // namespace

Result<> await_task(KeeperLine& keeper, const Json& answer) {
    const std::string task = TRY(wire::text_at_or(answer, "task", ""));
    if (task.empty()) return {};
    const os::Deadline deadline = os::Deadline::after_ms(patience_ms);
    while (!deadline.passed()) {
        const Json state = TRY(keeper.question("secrets.outcome", JsonObject{{"task", task}}));
        if (TRY(wire::boolean_at(state, "done"))) {
            const std::string trouble = TRY(wire::text_at(state, "trouble"));
            if (trouble.empty()) return {};
            return fail(Code::io, trouble);
        }
        std::this_thread::sleep_for(pause);
    }
    return fail(Code::timed_out, "the store does not answer; see: hardshell secret stores");
}

Result<int> run_secret_stores(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json json = TRY(keeper.question("secrets.stores", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows{
        {"", "sealed file", "this machine", "", "", "", "the keeper's own"}};
    for (const Json& one : *TRY(wire::array_at(json, "stores"))) {
        const std::string trouble = text_in(one, "trouble");
        rows.push_back({text_in(one, "name"), text_in(one, "kind"), text_in(one, "address"),
                        list_in(one, "classes"), count_shown(one, "secrets"),
                        count_shown(one, "leases"),
                        trouble.empty() ? text_in(one, "state") : clean(trouble)});
    }
    desk.screen.table({"store", "kind", "address", "classes", "secrets", "leases", "state"}, rows);
    return exit_done;
}

Result<int> run_secret_check(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json json =
        TRY(keeper.question("secrets.check", JsonObject{{"name", desk.options.text}}));
    TRY(await_task(keeper, json));
    const std::string store = text_in(json, "store");
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"name", desk.options.text}, {"store", store}, {"ok", true}});
        return exit_done;
    }
    desk.screen.line(fmt::format("{} can be had from {}.", desk.options.text,
                                 store.empty() ? "the keeper's own file" : "the store " + store));
    return exit_done;
}

}  // namespace hs::cli
