#include "models/discovery.h"

#include "models/lenient_json.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t answer_bytes_max = std::size_t{4} << 20U;

struct Questioner {
    Transport& transport;
    const Stop& stop;
    std::int64_t answer_ms;
    const gate::Circumstances* caller;

    Result<Json> get(const wire::Url& base, std::string_view path) const {
        HttpRequest request;
        request.method = "GET";
        request.url = base;
        request.url.path = path;
        request.headers = {{"accept", "application/json"}};
        request.caller = caller;
        request.deadlines = {answer_ms, answer_ms, answer_ms, answer_ms, answer_ms};
        const HttpResponse response = TRY(transport.send(request, stop));
        if (response.status != 200) return fail(Code::not_found, "no such server here");
        std::string body;
        while (true) {
            const std::string_view chunk = TRY(response.body->next_chunk());
            if (chunk.empty()) break;
            if (body.size() + chunk.size() > answer_bytes_max) {
                return fail(Code::exhausted, "the local server's list is too long");
            }
            body += chunk;
        }
        return parse_lenient_json(body);
    }
};

// Families that only embed text; they cannot chat.
bool embeds_only(const Json& model) {
    const std::string_view family = text_or_empty(model.find("details"), "family");
    return family.find("bert") != std::string_view::npos;
}

Result<LocalServer> ask_ollama(const Questioner& questioner, const wire::Url& base) {
    const Json tags = TRY(questioner.get(base, "/api/tags"));
    LocalServer found{OpenAiServer::ollama, base, {}, ollama_context_tokens};
    found.url.path = "/v1/chat/completions";
    for (const Json& model : *TRY(wire::array_at(tags, "models"))) {
        const std::string_view name = text_or_empty(&model, "name");
        if (name.empty() || name.size() > 200 || embeds_only(model)) continue;
        if (found.models.size() < local_models_max) found.models.emplace_back(name);
    }
    if (found.models.empty()) return fail(Code::not_found, "Ollama has no model that can chat");
    return found;
}

// Port 8080 is everybody's, so only a list that llama.cpp owns counts.
Result<LocalServer> ask_llama_cpp(const Questioner& questioner, const wire::Url& base) {
    const Json list = TRY(questioner.get(base, "/v1/models"));
    LocalServer found{OpenAiServer::llama_cpp, base, {}, 0};
    found.url.path = "/v1/chat/completions";
    for (const Json& model : *TRY(wire::array_at(list, "data"))) {
        const std::string_view id = text_or_empty(&model, "id");
        const bool own = text_or_empty(&model, "owned_by") == "llamacpp";
        if (!own || id.empty() || found.models.size() >= local_models_max) continue;
        found.models.emplace_back(id);
    }
    if (found.models.empty()) return fail(Code::not_found, "no model of llama.cpp here");
    if (const auto props = questioner.get(base, "/props")) {
        found.context_tokens = count_or_zero(props->find("default_generation_settings"), "n_ctx");
    }
    if (found.context_tokens == 0) found.context_tokens = ollama_context_tokens;
    return found;
}

}  // namespace

std::vector<LocalServer> find_local_servers(Transport& transport, const Stop& stop,
                                            const DiscoveryRules& rules) {
    const Questioner questioner{transport, stop, rules.answer_ms, rules.caller};
    std::vector<LocalServer> found;
    if (const auto base = wire::parse_url(rules.ollama); base && !rules.ollama.empty()) {
        if (auto server = ask_ollama(questioner, *base)) found.push_back(*std::move(server));
    }
    if (const auto base = wire::parse_url(rules.llama_cpp)) {
        if (auto server = ask_llama_cpp(questioner, *base)) found.push_back(*std::move(server));
    }
    return found;
}

}  // namespace hs::models
