// Settings: what a person may set in config.toml, read by hardshelld and by the keeper alike.
//
// Every key is a row of one table with its type, default and meaning, so `config explain`, the
// reference in docs and the check for typing errors come from the same place.
// What it does not protect from: a person who sets something unwise. Policy holds all the same.
// Threads: values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"
#include "wire/toml.h"

namespace hs::gate {

enum class SettingType : std::uint8_t { text, integer, boolean, text_list };

struct SettingRow {
    std::string_view key;  // "api.port"; "provider.*.url" for the tables that have names
    SettingType type;
    std::string_view fallback;  // as TOML; empty: none
    std::string_view meaning;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;  // 0: no bounds
};
const std::vector<SettingRow>& setting_rows();

// One language-model provider: [provider.NAME].
struct ProviderSetting {
    std::string name;
    std::string kind;  // "anthropic", "openai", "offline"
    std::string url;   // base address, such as https://api.anthropic.com
    std::string model;
    std::string credential;             // name of the secret; empty: none
    bool local = false;                 // runs on this machine
    bool retains = true;                // keeps what it is sent
    std::vector<std::string> accepts;   // data classes that may go there
    std::int64_t input_microcents = 0;  // price of a million input tokens in 1/10,000 of a cent
    std::int64_t output_microcents = 0;
    std::int64_t context_tokens = 200'000;
    std::string place;                          // "local", or where it is; empty: not declared
    std::string retention;                      // "none", "30 days"; empty: not declared
    std::vector<std::string> accepts_redacted;  // may go there once what is found is replaced
};

struct SettingValue {
    wire::Json value;
    std::string source;  // "default", or "config.toml line 3"
};

class Settings {
  public:
    // Reads and checks the whole text. invalid_input names file, line, the key and the nearest
    // valid one.
    static base::Result<Settings> parse(std::string_view text, std::string_view file_name);
    static Settings defaults();

    std::string text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;
    // Null when there is no such key.
    const SettingValue* find(std::string_view key) const;
    const std::map<std::string, SettingValue, std::less<>>& all() const { return values_; }
    // The names of the tables of a family ("provider", "ship", "witness"), sorted. Each of its rows
    // has a value then: text("ship.siem.url").
    std::vector<std::string> names(std::string_view family) const;
    const std::vector<ProviderSetting>& providers() const { return providers_; }
    // A configured provider, or one of local_providers() where model.discover is on; else null.
    const ProviderSetting* provider(std::string_view name) const;

  private:
    base::Result<> read(const wire::TomlDocument& document, std::string_view file_name);
    base::Result<> fill_families(std::string_view file_name);
    base::Result<> read_providers(std::string_view file_name);
    // Whether a person wrote it.
    bool is_written(std::string_view key) const;
    base::Result<> read_place(ProviderSetting& provider, std::string_view file_name) const;
    base::Result<> read_classes(ProviderSetting& provider, std::string_view file_name) const;

    std::map<std::string, SettingValue, std::less<>> values_;
    std::vector<ProviderSetting> providers_;
};

// Model servers that a person may run on this machine, by the ports that they listen on unless told
// otherwise (their documentation): ollama 11434, llama_cpp 8080.
const std::vector<ProviderSetting>& local_providers();

// The row that holds for a key ("provider.x.url" finds "provider.*.url"), or null.
const SettingRow* row_of(std::string_view key);
// The valid key with the fewest edits to the one given.
std::string nearest_key(std::string_view key);
// Turns what a person typed into the TOML literal of that key's type; invalid_input says what was
// expected.
base::Result<std::string> literal_for(const SettingRow& row, std::string_view typed);

}  // namespace hs::gate
