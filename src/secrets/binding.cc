#include "secrets/binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace hs::secrets {

using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

namespace {

constexpr std::array<std::string_view, 6> names{"header", "basic", "git", "query", "path", "body"};

bool visible(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

// Header field names compare without case (RFC 9110 section 5.1).
bool same_field(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

bool path_fits(std::string_view bound, std::string_view path) {
    return bound.ends_with('/') ? path.starts_with(bound) : path == bound;
}

// A path with such parts could be another one to the server than to us.
bool is_plain_path(std::string_view path) {
    return path.find("/../") == std::string_view::npos && !path.ends_with("/..") &&
           path.find("/./") == std::string_view::npos &&
           path.find("//") == std::string_view::npos && path.find('%') == std::string_view::npos &&
           path.find('\\') == std::string_view::npos;
}

Result<> check_hosts(const std::vector<std::string>& hosts) {
    if (hosts.size() > Binding::hosts_max) {
        return fail(Code::invalid_input, "a secret is bound to at most 64 hosts");
    }
    for (const std::string& host : hosts) {
        const bool sound =
            !host.empty() && host.size() <= 253 && visible(host) &&
            host.find_first_of("*/@ ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
        if (sound) continue;
        return fail(Code::invalid_input,
                    fmt::format("\"{}\" is no host; write one lower-case name without a pattern",
                                visible(host) ? host : "?"));
    }
    return {};
}

Result<> check_form(const Binding& binding) {
    const bool texts = binding.header.size() <= 128 && binding.prefix.size() <= 64 &&
                       binding.user.size() <= 128 && visible(binding.header) &&
                       visible(binding.prefix) && visible(binding.user) &&
                       binding.header.find_first_of(": ") == std::string::npos;
    if (!texts) return fail(Code::invalid_input, "a binding's header is one field name");
    // RFC 7617: the first colon ends the user's name.
    if (binding.user.find(':') != std::string::npos) {
        return fail(Code::invalid_input, "a user's name for HTTP Basic has no colon");
    }
    const bool query = binding.form == SecretForm::query;
    if (query && binding.header.find_first_of("&=?#%") != std::string::npos) {
        return fail(Code::invalid_input, "a query's parameter is a plain name");
    }
    return {};
}

bool misses(const std::vector<std::string>& list, const std::string& item) {
    return !list.empty() && std::find(list.begin(), list.end(), item) == list.end();
}

bool path_misses(const Binding& binding, const std::string& path) {
    if (binding.paths.empty()) return false;
    return !is_plain_path(path) ||
           std::none_of(binding.paths.begin(), binding.paths.end(),
                        [&](const std::string& bound) { return path_fits(bound, path); });
}

}  // namespace

std::string_view form_name(SecretForm form) {
    return names[static_cast<std::size_t>(form)];
}

Result<SecretForm> parse_form(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<SecretForm>(found - names.begin());
    return fail(Code::invalid_input,
                fmt::format("a secret is placed in one of the forms: {}", fmt::join(names, ", ")));
}

Result<> check_binding(const Binding& binding) {
    TRY(check_hosts(binding.hosts));
    TRY(check_form(binding));
    const auto bounded = [](const std::vector<std::string>& list, const auto& sound) {
        return list.size() <= Binding::entries_max && std::all_of(list.begin(), list.end(), sound);
    };
    const bool methods = bounded(binding.methods, [](const std::string& method) {
        return !method.empty() && method.size() <= 32 &&
               method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == std::string::npos;
    });
    if (!methods) return fail(Code::invalid_input, "a binding's methods are written like GET");
    const bool paths = bounded(binding.paths, [](const std::string& path) {
        return path.starts_with('/') && path.size() <= 1024 && visible(path) && is_plain_path(path);
    });
    if (!paths) {
        return fail(Code::invalid_input,
                    "a binding's paths start with / and have no dots, escapes or empty parts; a "
                    "slash at the end admits all below");
    }
    const bool executables = bounded(binding.executables, [](const std::string& path) {
        return path.starts_with('/') && path.size() <= 4000 && visible(path);
    });
    if (!executables) return fail(Code::invalid_input, "a binding's executables are whole paths");
    return {};
}

bool is_git_path(std::string_view path) {
    for (const std::string_view end : {"/info/refs", "/git-upload-pack", "/git-receive-pack"}) {
        if (path.ends_with(end)) return true;
    }
    return false;
}

bool admits(const Binding& binding, const SecretPlace& place) {
    SecretPlace same = place;
    same.form = binding.form;
    same.header = binding.header;
    same.prefix = binding.prefix;
    return misfit("?", binding, same).empty();
}

std::string misfit(const std::string& name, const Binding& binding, const SecretPlace& place) {
    const auto fix = [&](std::string_view option, std::string_view value) {
        return fmt::format("; bind it with: hardshell secret bind {} --{} {}", name, option, value);
    };
    if (std::find(binding.hosts.begin(), binding.hosts.end(), place.host) == binding.hosts.end()) {
        return fmt::format("the secret {} is not bound to {}{}", name, place.host,
                           fix("host", place.host));
    }
    const bool in_field = binding.form <= SecretForm::query;
    if (place.form != binding.form || (in_field && !same_field(binding.header, place.header)) ||
        binding.prefix != place.prefix) {
        return fmt::format("the secret {} may stand only in the form {}{}{}", name,
                           form_name(binding.form),
                           binding.header.empty() ? "" : ", in the header field ", binding.header);
    }
    if (misses(binding.methods, place.method)) {
        return fmt::format("the secret {} is not bound to the method {}{}", name, place.method,
                           fix("method", place.method));
    }
    if (path_misses(binding, place.path)) {
        return fmt::format("the secret {} is not bound to the path {}{}", name, place.path,
                           fix("path", place.path));
    }
    if (misses(binding.executables, place.executable)) {
        const std::string who =
            place.executable.empty() ? std::string("Hardshell's own requests") : place.executable;
        return fmt::format("the secret {} is not bound to {}{}", name, who,
                           place.executable.empty() ? "" : fix("executable", place.executable));
    }
    if (binding.form == SecretForm::git && !is_git_path(place.path)) {
        return fmt::format("the secret {} goes only into requests of git", name);
    }
    return "";
}

namespace {

void pack_list(Packer& packer, const std::vector<std::string>& list) {
    packer.list(list, [](Packer& to, const std::string& item) { to.text(item); });
}

Result<std::vector<std::string>> unpack_list(Unpacker& unpacker) {
    return unpacker.list<std::string>([](Unpacker& from) { return from.text(); });
}

}  // namespace

void pack_binding(Packer& packer, const Binding& binding) {
    pack_list(packer, binding.hosts);
    packer.u8(static_cast<std::uint8_t>(binding.form));
    packer.text(binding.header);
    packer.text(binding.prefix);
    packer.text(binding.user);
    pack_list(packer, binding.methods);
    pack_list(packer, binding.paths);
    pack_list(packer, binding.executables);
}

Result<Binding> unpack_binding(Unpacker& unpacker) {
    Binding binding;
    binding.hosts = TRY(unpack_list(unpacker));
    const auto form = TRY(unpacker.u8());
    if (form >= names.size()) return fail(Code::corrupt, "a secret's form is not known");
    binding.form = static_cast<SecretForm>(form);
    binding.header = TRY(unpacker.text());
    binding.prefix = TRY(unpacker.text());
    binding.user = TRY(unpacker.text());
    binding.methods = TRY(unpack_list(unpacker));
    binding.paths = TRY(unpack_list(unpacker));
    binding.executables = TRY(unpack_list(unpacker));
    return binding;
}

}  // namespace hs::secrets
