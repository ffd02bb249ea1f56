#include "policy/words.h"

#include <array>

namespace hs::policy {
namespace {

constexpr std::array<std::string_view, 20> effect_names = {
    "file.read",  "file.write", "file.delete", "run",         "http.get",
    "http.send",  "connect",    "browse.read", "browse.act",  "message",
    "secret.use", "recall",     "remember",    "infer.local", "infer.remote",
    "skill.load", "mcp.call",   "schedule",    "configure",   "policy.change"};
constexpr std::array<std::string_view, 11> zone_names = {
    "loopback",   "internet",   "private",  "metadata",     "unusable", "saas",
    "production", "kubernetes", "database", "internal_api", "cicd"};
constexpr std::array<std::string_view, 11> use_case_names = {
    "unclassified",   "personal_productivity",   "documentation",     "open_source",
    "internal_tools", "internal_repository",     "cicd_integration",  "production",
    "customer_data",  "security_infrastructure", "credential_storage"};
constexpr std::array<std::string_view, 6> tier_names = {"builtin", "tier1", "tier2",
                                                        "tier3",   "tier4", "blocked"};
constexpr std::array<std::string_view, 18> group_names = {
    "inspect",   "edit",       "build",       "vcs_read", "vcs_write",       "vcs_publish",
    "package",   "network",    "interpreter", "shell",    "wrapper",         "destructive",
    "privilege", "production", "container",   "service",  "project_program", "unknown"};

}  // namespace

template <>
std::span<const std::string_view> word_names<Effect>() {
    return effect_names;
}
template <>
std::span<const std::string_view> word_names<Zone>() {
    return zone_names;
}
template <>
std::span<const std::string_view> word_names<UseCase>() {
    return use_case_names;
}
template <>
std::span<const std::string_view> word_names<TrustTier>() {
    return tier_names;
}
template <>
std::span<const std::string_view> word_names<ToolGroup>() {
    return group_names;
}

}  // namespace hs::policy
