// The closed vocabularies of policies/hardshell.cedarschema as enumerations, and sets of them.
//
// What it is for: facts are made of these words, so that a fact cannot name what the schema does
// not know. A test holds every list against the schema. What it does not protect from: a wrong word
// chosen by whoever finds out the fact. Threads: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace hs::policy {

enum class Effect : std::uint8_t {
    file_read,
    file_write,
    file_delete,
    run,
    http_get,
    http_send,
    connect,
    browse_read,
    browse_act,
    message,
    secret_use,
    recall,
    remember,
    infer_local,
    infer_remote,
    skill_load,
    mcp_call,
    schedule,
    configure,
    policy_change,
};
enum class Zone : std::uint8_t {
    loopback,
    internet,
    private_,
    metadata,
    unusable,
    saas,
    production,
    kubernetes,
    database,
    internal_api,
    cicd,
};
enum class UseCase : std::uint8_t {
    unclassified,
    personal_productivity,
    documentation,
    open_source,
    internal_tools,
    internal_repository,
    cicd_integration,
    production,
    customer_data,
    security_infrastructure,
    credential_storage,
};
enum class TrustTier : std::uint8_t { builtin, tier1, tier2, tier3, tier4, blocked };
enum class ToolGroup : std::uint8_t {
    inspect,
    edit,
    build,
    vcs_read,
    vcs_write,
    vcs_publish,
    package,
    network,
    interpreter,
    shell,
    wrapper,
    destructive,
    privilege,
    production,
    container,
    service,
    project_program,
    unknown,
};

// The names of the words in order, as schema, tables and records write them: "file.read",
// "private".
template <class Word>
std::span<const std::string_view> word_names();
template <>
std::span<const std::string_view> word_names<Effect>();
template <>
std::span<const std::string_view> word_names<Zone>();
template <>
std::span<const std::string_view> word_names<UseCase>();
template <>
std::span<const std::string_view> word_names<TrustTier>();
template <>
std::span<const std::string_view> word_names<ToolGroup>();

template <class Word>
std::string_view name_of(Word word) {
    return word_names<Word>()[static_cast<std::size_t>(word)];
}
template <class Word>
std::optional<Word> word_from_name(std::string_view name) {
    const auto names = word_names<Word>();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return static_cast<Word>(i);
    }
    return std::nullopt;
}

// A set of words of one vocabulary, one bit each.
template <class Word>
class WordSet {
  public:
    constexpr WordSet() = default;
    constexpr WordSet(std::initializer_list<Word> words) {
        for (const Word word : words) add(word);
    }
    constexpr void add(Word word) { bits_ |= bit(word); }
    constexpr void remove(Word word) { bits_ &= ~bit(word); }
    constexpr bool has(Word word) const { return (bits_ & bit(word)) != 0; }
    constexpr bool has_any(WordSet other) const { return (bits_ & other.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool holds_only(WordSet other) const { return (bits_ & ~other.bits_) == 0; }
    std::vector<Word> list() const {
        std::vector<Word> result;
        for (std::size_t i = 0; i < word_names<Word>().size(); ++i) {
            if (has(static_cast<Word>(i))) result.push_back(static_cast<Word>(i));
        }
        return result;
    }
    bool operator==(const WordSet&) const = default;

  private:
    static constexpr std::uint32_t bit(Word word) {
        return std::uint32_t{1} << static_cast<unsigned>(word);
    }
    std::uint32_t bits_ = 0;
};
using Zones = WordSet<Zone>;
using ToolGroups = WordSet<ToolGroup>;

}  // namespace hs::policy
