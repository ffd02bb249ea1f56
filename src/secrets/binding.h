// Binding: where a secret may go and in which form: the second of two checks. Policy decides
// whether a request may use the secret (secret.use); the binding decides, by itself and from the
// secret's own record, whether this is a place that it was meant for.
//
// What it does not protect from: the host that receives the value. The executable of a connection
// is the one that the sandbox was started with: what that program starts in turn is not told apart.
// Threads: values and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/pack.h"
#include "base/result.h"

namespace hs::secrets {

enum class SecretForm : std::uint8_t {
    header = 0,  // in one header field, after a prefix
    basic = 1,   // HTTP Basic (RFC 7617), as the password of a user
    git = 2,     // the same, in git's smart HTTP requests alone
    query = 3,   // in place of its placeholder in the query, else as a parameter
    path = 4,    // in place of its placeholder in the path
    body = 5,    // in place of its placeholder in a body of JSON or of a form
};
std::string_view form_name(SecretForm form);
base::Result<SecretForm> parse_form(std::string_view name);

struct Binding {
    static constexpr std::size_t hosts_max = 64;
    static constexpr std::size_t entries_max = 64;  // of each other list
    std::vector<std::string> hosts;                 // exact, lower case; no patterns
    SecretForm form = SecretForm::header;
    std::string header;  // the one header field that may carry it; of a query, the parameter
    std::string prefix;  // what stands before it there
    std::string user;    // of basic and git
    // Empty lists admit everything.
    std::vector<std::string> methods;      // upper case
    std::vector<std::string> paths;        // a path, or all below it when it ends in a slash
    std::vector<std::string> executables;  // absolute, of the run
    bool operator==(const Binding&) const = default;
};

// What must hold of a binding before it is kept: invalid_input names the part.
base::Result<> check_binding(const Binding& binding);

// Where a value is about to go.
struct SecretPlace {
    std::string host;
    SecretForm form = SecretForm::header;
    std::string header;
    std::string prefix;
    std::string method = {};
    std::string path = {};        // without the query
    std::string executable = {};  // of the sandbox's run; empty for Hardshell's own requests
};

// Nothing when the place fits the binding; else what does not, in words that name the fix.
std::string misfit(const std::string& name, const Binding& binding, const SecretPlace& place);
// The place without its form: whether the secret is meant for such a request at all.
bool admits(const Binding& binding, const SecretPlace& place);
// Whether the request is one of git's smart HTTP protocol (gitprotocol-http).
bool is_git_path(std::string_view path);

void pack_binding(base::Packer& packer, const Binding& binding);
base::Result<Binding> unpack_binding(base::Unpacker& unpacker);

}  // namespace hs::secrets
