// Finds a model server on this machine: Ollama or the server of llama.cpp.
//
// What it is for: a person who runs one need not configure anything.
// What it does not protect from: another user of this machine who listens on the port first and
// speaks the protocol. Whoever uses what is found tells the person which server it is, and sends
// nothing there without policy's consent.
// Threads: pure but for the transport.
#pragma once

#include "models/openai.h"
#include "models/transport.h"

namespace hs::models {

struct LocalServer {
    OpenAiServer server = OpenAiServer::ollama;
    wire::Url url;                    // of its chat completions endpoint
    std::vector<std::string> models;  // that can chat, the most recently changed first
    std::int64_t context_tokens = 0;  // the window it runs them with
};

struct DiscoveryRules {
    std::string ollama = "http://127.0.0.1:11434/";
    std::string llama_cpp = "http://127.0.0.1:8080/";
    std::int64_t answer_ms = 500;  // for each question
    // On whose behalf, for the Transport's permit; outlives the search.
    const gate::Circumstances* caller = nullptr;
};

inline constexpr std::size_t local_models_max = 200;
// What Ollama serves with unless told otherwise (its FAQ: OLLAMA_CONTEXT_LENGTH).
inline constexpr std::int64_t ollama_context_tokens = 4096;

// Asks both (GET /api/tags; GET /v1/models and /props) and returns those that answer as such
// servers do and have a model. Never fails: a server that is not there is just not in the list.
std::vector<LocalServer> find_local_servers(Transport& transport, const Stop& stop,
                                            const DiscoveryRules& rules = {});

}  // namespace hs::models
