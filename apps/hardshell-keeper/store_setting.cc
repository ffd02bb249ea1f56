#include "hardshell-keeper/store_setting.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/url.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using Kind = StoreSetting::Kind;

namespace {

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Failure bad_url(const std::string& name, std::string_view expected) {
    return fail(Code::invalid_input, fmt::format("store.{}.url must be {}", name, expected));
}

bool is_region(const std::string& text) {
    return !text.empty() && text.size() <= 32 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

// vault+https://HOST:PORT, aws+https://HOST:PORT/REGION
Result<> read_server(StoreSetting& setting, const std::string& text) {
    const auto url = wire::parse_url(text);
    if (!url) return bad_url(setting.name, url.error().what);
    if (url->scheme == wire::Scheme::http && !is_loopback(url->host)) {
        return bad_url(setting.name, "an https address; plain http is for this machine alone");
    }
    setting.scheme = url->scheme_text();
    setting.host = url->host;
    setting.port = url->port;
    const std::string target = url->target();
    if (setting.kind == Kind::vault) {
        if (target == "/") return {};
        return bad_url(setting.name, "without a path: vault+https://HOST:PORT");
    }
    setting.region = target.substr(std::min<std::size_t>(1, target.size()));
    if (is_region(setting.region)) return {};
    return bad_url(setting.name, "aws+https://HOST:PORT/REGION");
}

Result<> read_address(StoreSetting& setting, const std::string& text) {
    if (text == "sealed:" || text == "keyring:") {
        setting.kind = text == "sealed:" ? Kind::sealed : Kind::keyring;
        return {};
    }
    if (text.starts_with("aws://")) {
        setting.kind = Kind::aws;
        setting.scheme = "https";
        setting.region = text.substr(6);
        setting.host = fmt::format("secretsmanager.{}.amazonaws.com", setting.region);
        if (is_region(setting.region)) return {};
        return bad_url(setting.name, "aws://REGION, such as aws://eu-central-1");
    }
    const bool aws = text.starts_with("aws+");
    if (aws || text.starts_with("vault+")) {
        setting.kind = aws ? Kind::aws : Kind::vault;
        return read_server(setting, text.substr(text.find('+') + 1));
    }
    return bad_url(setting.name, "sealed:, keyring:, vault+https://HOST:PORT or aws://REGION");
}

Result<> check_login(const StoreSetting& setting) {
    const std::string& name = setting.name;
    if (setting.is_local()) {
        if (setting.credential.empty() && setting.ca.empty()) return {};
        return fail(Code::invalid_input,
                    fmt::format("store.{}.credential and store.{}.ca are for stores that are "
                                "reached over the network",
                                name, name));
    }
    if (setting.credential.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("store.{}.credential must name the secret with which to log in; "
                                "then: hardshell secret set NAME",
                                name));
    }
    if (setting.kind == Kind::aws && setting.access_key_id.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("store.{}.access_key_id must be the id of the key that "
                                "store.{}.credential names",
                                name, name));
    }
    return {};
}

Result<StoreSetting> read_store(const gate::Settings& settings, const std::string& name) {
    const std::string at = "store." + name + ".";
    StoreSetting setting;
    setting.name = name;
    TRY(read_address(setting, settings.text(at + "url")));
    setting.name_space = settings.text(at + "namespace");
    setting.role_id = settings.text(at + "role_id");
    setting.access_key_id = settings.text(at + "access_key_id");
    setting.credential = settings.text(at + "credential");
    setting.session = settings.text(at + "session");
    setting.ca = settings.text(at + "ca");
    setting.space = settings.text(at + "space");
    setting.classes = settings.texts(at + "classes");
    setting.timeout_ms = settings.integer(at + "timeout_ms");
    setting.idle_seconds = settings.integer(at + "idle_seconds");
    TRY(check_login(setting));
    const std::string here = settings.text("space.name");
    if (!setting.space.empty() && setting.space != here) {
        return fail(Code::denied,
                    fmt::format("the store {} is of the space {}; this is the space {}", name,
                                setting.space, here));
    }
    return setting;
}

// One class of one space has one store: the second that claims it is not opened.
Result<> check_classes(const std::vector<StoreReading>& before, const StoreSetting& setting) {
    for (const StoreReading& other : before) {
        if (!other.setting) continue;
        for (const std::string& one : setting.classes) {
            if (!other.setting->takes(one)) continue;
            return fail(Code::invalid_input,
                        fmt::format("store.{}.classes: the class {} is kept in the store {} "
                                    "already",
                                    setting.name, one, other.name));
        }
    }
    return {};
}

}  // namespace

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::sealed:
            return "sealed file";
        case Kind::keyring:
            return "keyring";
        case Kind::vault:
            return "vault";
        case Kind::aws:
            return "aws";
    }
    return "";
}

std::string store_place(const std::string& store) {
    return "store " + store;
}

bool StoreSetting::takes(const std::string& secret_class) const {
    return std::find(classes.begin(), classes.end(), secret_class) != classes.end();
}

std::string StoreSetting::address() const {
    if (is_local()) return "this machine";
    return fmt::format("{}://{}:{}", scheme, host, port);
}

std::vector<StoreReading> read_stores(const gate::Settings& settings) {
    std::vector<StoreReading> stores;
    for (const std::string& name : settings.names("store")) {
        auto setting = read_store(settings, name);
        if (setting) {
            const auto alone = check_classes(stores, *setting);
            if (!alone) setting = alone.failure();
        }
        stores.push_back({name, std::move(setting)});
    }
    return stores;
}

}  // namespace hs::keeping
