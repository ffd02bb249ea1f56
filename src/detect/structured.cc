#include "detect/structured.h"

#include <algorithm>
#include <string>
#include <vector>

#include "detect/assignment.h"
#include "detect/decode.h"
#include "detect/judge.h"
#include "detect/shape.h"
#include "detect/structured_commands.h"

namespace hs::detect {

namespace {

constexpr std::size_t pem_bytes_max = 16'384;

// Base64 letters of a body, whether its lines end in a newline or in \n of a JSON string.
std::size_t body_letters(std::string_view body) {
    std::size_t letters = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] == '\\' && i + 1 < body.size()) {
            ++i;
            continue;
        }
        if (is_alnum(body[i]) || body[i] == '+' || body[i] == '/') ++letters;
    }
    return letters;
}

// Of letters of base64: source code that only speaks of a key has no long one.
std::size_t longest_run(std::string_view body) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char byte : body) {
        run = is_alnum(byte) || byte == '+' || byte == '/' || byte == '=' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

const char* pem_kind(std::string_view label) {
    struct Known {
        std::string_view label;
        const char* kind;
    };
    static constexpr Known known[] = {{"RSA PRIVATE", "rsa-private-key"},
                                      {"EC PRIVATE", "ec-private-key"},
                                      {"DSA PRIVATE", "dsa-private-key"},
                                      {"OPENSSH PRIVATE", "openssh-private-key"},
                                      {"PGP PRIVATE", "pgp-private-key"},
                                      {"SSH2 ENCRYPTED PRIVATE", "ssh2-private-key"},
                                      {"ENCRYPTED PRIVATE", "encrypted-private-key"},
                                      {"PRIVATE", "private-key"}};
    for (const Known& each : known) {
        if (label.find(each.label) != std::string_view::npos) return each.kind;
    }
    return nullptr;
}

// gate: "-begin "; RFC 7468, RFC 4880, RFC 4716.
void look_pem(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    const std::string_view rest = text.substr(end, pem_bytes_max);
    const std::size_t label_end = rest.substr(0, 64).find("--");
    if (label_end == std::string_view::npos) return;
    const char* kind = pem_kind(rest.substr(0, label_end));
    if (kind == nullptr) return;
    std::size_t begin = at;
    while (begin > 0 && at - begin < 5 && text[begin - 1] == '-') --begin;
    const std::size_t body = rest.find_first_not_of('-', label_end);
    if (body == std::string_view::npos) return;
    std::size_t close = rest.find("-- END", body);
    if (close == std::string_view::npos) close = rest.find("--END", body);
    const std::size_t body_end = close == std::string_view::npos ? rest.size() : close;
    const std::string_view inside = rest.substr(body, std::min<std::size_t>(body_end - body, 4096));
    if (body_letters(inside) < 40 || longest_run(inside.substr(0, 600)) < 20) return;
    // "MIIE...": shortened in a document; a body of one letter is an example.
    const std::string_view line = inside.substr(0, 120);
    if (inside.size() < 400 && (inside.find("...") != std::string_view::npos ||
                                contains_any_case(line, "example") || line.find('<') < 8)) {
        return;
    }
    if (entropy(inside) < 3.5) return;
    std::size_t last = end + body_end;
    if (close != std::string_view::npos) {
        const std::size_t tail = rest.find('\n', close);
        last = end + std::min(tail == std::string_view::npos ? rest.size() : tail, close + 80);
    } else {
        last = std::min(last, end + body + 80);
    }
    report.add(kind, Family::secret, begin, last, close == std::string_view::npos ? 0.8 : 0.98);
}

// PuTTY's own format: the private part follows its header.
void look_putty(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    const std::size_t lines = text.substr(end, 4096).find("Private-Lines:");
    if (lines == std::string_view::npos) return;
    report.add("putty-private-key", Family::secret, at,
               std::min(text.size(), end + lines + 14 + 64), 0.95);
}

std::size_t past_base64url(std::string_view text, std::size_t at, std::size_t most = 8192) {
    std::size_t i = at;
    while (i < text.size() && i - at < most && (is_word(text[i]) || text[i] == '-')) ++i;
    return i;
}

// RFC 7519: three parts in base64url, the first two of them JSON.
void look_jwt(std::string_view text, std::size_t at, std::size_t, Report& report) {
    if (text.substr(at, 3) != "eyJ") return;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.')) return;
    const std::size_t first = past_base64url(text, at);
    if (first - at < 12 || first >= text.size() || text[first] != '.') return;
    const std::size_t second = past_base64url(text, first + 1);
    if (second >= text.size() || text[second] != '.') return;
    const std::size_t third = past_base64url(text, second + 1);
    const std::string header = decode_base64(text.substr(at, first - at));
    const std::string claims = decode_base64(text.substr(first + 1, second - first - 1));
    if (header.find("\"alg\"") == std::string::npos) return;
    const bool encrypted = header.find("\"enc\"") != std::string::npos;
    if (!encrypted && (claims.empty() || claims[0] != '{' || third - second < 20)) return;
    // The examples of RFC 7515, RFC 7519 and of jwt.io.
    for (const std::string_view known :
         {"John Doe", "1234567890", "\"joe\"", "example.com/is_root"}) {
        if (claims.find(known) != std::string::npos) return;
    }
    report.add(encrypted ? "jwe" : "jwt", Family::secret, at, third, 0.9);
}

// RFC 7517: a JSON Web Key with its private part, "d", or a symmetric one, "k".
void look_jwk(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    std::size_t open = at;
    while (open > 0 && at - open < 3000 && text[open] != '{') --open;
    const std::string_view object = text.substr(open, 6000);
    const std::size_t close = object.find('}');
    const std::string_view inside = object.substr(0, close);
    for (const std::string_view member : {"\"d\"", "\"k\""}) {
        const std::size_t place = inside.find(member);
        if (place == std::string_view::npos) continue;
        std::size_t value = place + member.size();
        while (value < inside.size() && (is_space(inside[value]) || inside[value] == ':')) ++value;
        if (value >= inside.size() || inside[value] != '"') continue;
        const std::size_t last = past_base64url(inside, value + 1);
        if (last - value < 22) continue;
        report.add("json-web-key-private", Family::secret, open + value + 1, open + last, 0.9);
        return;
    }
    static_cast<void>(end);
}

const char* url_kind(std::string_view scheme) {
    struct Known {
        std::string_view scheme;
        const char* kind;
    };
    static constexpr Known known[] = {{"postgres", "postgres-connection-string"},
                                      {"postgresql", "postgres-connection-string"},
                                      {"mysql", "mysql-connection-string"},
                                      {"mariadb", "mysql-connection-string"},
                                      {"mongodb", "mongodb-connection-string"},
                                      {"srv", "mongodb-connection-string"},
                                      {"redis", "redis-connection-string"},
                                      {"rediss", "redis-connection-string"},
                                      {"valkey", "redis-connection-string"},
                                      {"amqp", "amqp-connection-string"},
                                      {"amqps", "amqp-connection-string"},
                                      {"mqtt", "mqtt-connection-string"},
                                      {"mqtts", "mqtt-connection-string"},
                                      {"nats", "nats-connection-string"},
                                      {"kafka", "kafka-connection-string"},
                                      {"sqlserver", "sqlserver-connection-string"},
                                      {"mssql", "sqlserver-connection-string"},
                                      {"oracle", "oracle-connection-string"},
                                      {"clickhouse", "clickhouse-connection-string"},
                                      {"cassandra", "cassandra-connection-string"},
                                      {"neo4j", "neo4j-connection-string"},
                                      {"bolt", "neo4j-connection-string"},
                                      {"couchdb", "couchdb-connection-string"},
                                      {"couchbase", "couchbase-connection-string"},
                                      {"influxdb", "influxdb-connection-string"},
                                      {"cockroachdb", "cockroachdb-connection-string"},
                                      {"ldap", "ldap-connection-string"},
                                      {"ldaps", "ldap-connection-string"},
                                      {"smtp", "smtp-connection-string"},
                                      {"smtps", "smtp-connection-string"},
                                      {"imap", "imap-connection-string"},
                                      {"imaps", "imap-connection-string"},
                                      {"ftp", "ftp-connection-string"},
                                      {"ftps", "ftp-connection-string"},
                                      {"sftp", "sftp-connection-string"},
                                      {"ssh", "ssh-connection-string"},
                                      {"smb", "smb-connection-string"},
                                      {"snowflake", "snowflake-connection-string"},
                                      {"elasticsearch", "elasticsearch-connection-string"}};
    for (const Known& each : known) {
        if (scheme == each.scheme) return each.kind;
    }
    return "basic-auth-url";
}

// RFC 3986 section 3.2.1: a password in the authority.
void look_url(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    end = at + 3;  // the gate holds one byte more
    std::size_t scheme = at;
    while (scheme > 0 && at - scheme < 24 && is_alnum(text[scheme - 1])) --scheme;
    if (scheme == at) return;
    std::size_t colon = 0;
    std::size_t mark = 0;
    std::size_t i = end;
    const std::size_t last = std::min(text.size(), end + 400);
    for (; i < last; ++i) {
        const char byte = text[i];
        if (byte == ':' && colon == 0) colon = i;
        if (byte == '@') mark = i;
        // A password may hold / and ?, unencoded as they are often written; but then @ follows.
        if (is_space(byte) || byte == '"' || byte == '\'' || byte == '<' || byte == '`' ||
            byte == '>' || byte == '\\') {
            break;
        }
        if ((byte == '/' || byte == '?' || byte == '#') && (mark != 0 || colon == 0)) break;
        if (byte == '/' && colon != 0 && is_digit(text[colon + 1])) break;
    }
    if (colon == 0 || mark <= colon + 1) return;
    const std::string_view password = text.substr(colon + 1, mark - colon - 1);
    const std::string_view user = text.substr(end, colon - end);
    if (user.find('/') != std::string_view::npos || mark + 1 >= text.size()) return;
    if (!is_alnum(text[mark + 1]) && text[mark + 1] != '[' && text[mark + 1] != '(') return;
    if (!is_plausible_password(password)) return;
    if (password.size() <= 5 && made_of(password, Alphabet::digits)) return;  // a port
    // user:password@host is how documents write it; a word that is the user's name is a default.
    const bool weak =
        password == user || (wordiness(password) > 0.5 && password.size() < 10 &&
                             std::none_of(password.begin(), password.end(), is_digit));
    report.add(url_kind(text.substr(scheme, at - scheme)), Family::secret, scheme, mark,
               weak ? 0.5 : 0.9);
}

// What is given to a telling name.
void look_given(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    // Of a gate such as "pass": or pwd= only the name counts.
    while (at < end && (text[at] == '"' || text[at] == '\'')) ++at;
    while (end > at && !is_alnum(text[end - 1])) --end;
    const auto given = read_assignment(text, at, end);
    if (!given) return;
    const std::string_view name =
        text.substr(given->name_begin, given->name_end - given->name_begin);
    const NameKind kind = kind_of_name(name);
    const double confidence = judge_value(kind, text, *given);
    if (confidence <= 0) return;
    report.add(kind == NameKind::password ? "generic-password" : "generic-secret", Family::secret,
               given->begin, given->end, std::min(confidence, 0.8));
}

// An extended name ("key") stands at the end of many that are no secrets; those that are, are
// listed.
constexpr char given_gates[] =
    "password|passwd|passphrase|passwort|secret|token|credential|_pass|dbpass|userpass|\"pass\"|'"
    "pass'|pass=|pass:|pass =|pass |creds|"
    "pwd=|pwd:|_pwd|-pwd|pwd |pwd\"|bearer_|\"pwd|"
    "apikey|api_key|api-key|accesskey|access_key|access-key|secretkey|secret_key|secret-key|"
    "encryptionkey|encryption_key|encryption-key|signingkey|signing_key|signing-key|masterkey|"
    "master_key|"
    "master-key|privatekey|private_key|private-key|accountkey|account_key|account-key|storagekey|"
    "storage_key|sharedkey|shared_key|authkey|auth_key|auth-key|subscriptionkey|subscription_key|"
    "subscription-key|licensekey|license_key|license-key|sessionkey|session_key|servicekey|service_"
    "key|"
    "appkey|app_key|app-key|application_key|applicationkey|adminkey|admin_key|admin-key|clientkey|"
    "client_key|consumerkey|"
    "consumer_key|cryptkey|crypt_key|hmackey|hmac_key|jwtkey|jwt_key|securitykey|security_key|"
    "deploykey|"
    "deploy_key|deploy-key|functions-key|functions_key|encryptkey|encrypt_key|integration_key|"
    "write_key|"
    "writekey|webhook_key|aes_key|aeskey|cipher_key|vault_key|db_key|psk=|server_key|serverkey|"
    "host_key|api.key|secret.key|access.key|private.key|app.key|encryption.key|auth.key|kennwort|"
    "psk =|bindpw|rootpw";

constexpr StructuredLook looks[] = {
    {"-begin |- begin ", look_pem},
    {"putty-user-key-file-", look_putty},
    {"eyj\2", look_jwt},
    {"\"kty\"", look_jwk},
    {"://\2|://:", look_url},
    {given_gates, look_given},
};

}  // namespace

std::span<const StructuredLook> structured_looks() {
    static const std::vector<StructuredLook> all = [] {
        std::vector<StructuredLook> joined(std::begin(looks), std::end(looks));
        const auto commands = command_looks();
        joined.insert(joined.end(), commands.begin(), commands.end());
        return joined;
    }();
    return all;
}

std::size_t structured_kinds() {
    // Keys 9, web tokens 3, connection strings 26 and the URL, assignments 2, commands.
    return 41 + command_looks().size();
}

}  // namespace hs::detect
