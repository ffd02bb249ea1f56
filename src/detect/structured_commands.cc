#include "detect/structured_commands.h"

#include <algorithm>

#include "detect/decode.h"
#include "detect/expression.h"
#include "detect/judge.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

// Reports the pattern's first group, which begins at the gate.
void report_group(const char* kind, const Expression& expression, std::string_view text,
                  std::size_t at, double confidence, Report& report) {
    const std::string_view value = expression.group_at_start(text.substr(at));
    if (value.empty() || !is_plausible_password(value)) return;
    const auto begin = static_cast<std::size_t>(value.data() - text.data());
    report.add(kind, Family::secret, begin, begin + value.size(), confidence);
}

void look_bearer(std::string_view text, std::size_t, std::size_t end, Report& report) {
    std::size_t last = end;
    while (last < text.size() && last - end < 4096 &&
           (is_word(text[last]) ||
            std::string_view("-.~+/=").find(text[last]) != std::string_view::npos)) {
        ++last;
    }
    const std::string_view value = text.substr(end, last - end);
    if (value.size() < 20 || is_placeholder(value) || is_reference(value)) return;
    if (!looks_random(value) || value.starts_with("eyJ")) return;
    report.add("bearer-token", Family::secret, end, last, 0.75);
}

void look_basic(std::string_view text, std::size_t, std::size_t end, Report& report) {
    std::size_t last = end;
    while (last < text.size() && last - end < 512 &&
           (is_alnum(text[last]) || text[last] == '+' || text[last] == '/' || text[last] == '=')) {
        ++last;
    }
    if (last - end < 12) return;
    const std::string plain = decode_base64(text.substr(end, last - end));
    const std::size_t colon = plain.find(':');
    if (colon == std::string::npos || !made_of(plain, Alphabet::printable)) return;
    if (!is_plausible_password(std::string_view(plain).substr(colon + 1))) return;
    report.add("basic-auth-header", Family::secret, end, last, 0.85);
}

// Docker's configuration: "auth": base64 of user and password; and kubeconfig's client keys.
void look_auth(std::string_view text, std::size_t, std::size_t end, Report& report) {
    while (end < text.size() && (is_space(text[end]) || text[end] == ':')) ++end;
    if (end >= text.size() || text[end] != '"') return;
    look_basic(text, end, end + 1, report);
}

void look_curl(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re(curl [^\n]{0,300}?(?:-u|--user)[ =]?["']?[^\s:"'$]{1,64}:([^\s"'$@]{3,128}))re");
    report_group("curl-user-password", expression, text, at, 0.8, report);
}

void look_netrc(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re(machine\s+[^\s]+\s+login\s+[^\s]+\s+password\s+([^\s]+))re");
    report_group("netrc-password", expression, text, at, 0.9, report);
}

void look_pgpass(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re(:\d{4,5}:[\w*-]{1,64}:[\w.@-]{1,64}:([^\s:]{4,128}))re");
    report_group("pgpass-password", expression, text, at, 0.85, report);
}

void look_sshpass(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(R"re(sshpass\s+-p\s*["']?([^\s"'$]{4,128}))re");
    report_group("sshpass-password", expression, text, at, 0.85, report);
}

void look_mysql(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?:mysql|mysqldump|mysqladmin|mariadb) [^\n]{0,160}?-p["']?([^\s"'$=-][^\s"'$]{3,64}))re");
    const std::string_view value = expression.group_at_start(text.substr(at));
    if (value.empty() || value.starts_with("assword") ||
        std::none_of(value.begin(), value.end(), is_digit)) {
        return;
    }
    report_group("mysql-command-password", expression, text, at, 0.75, report);
}

void look_redis(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(R"re(redis-cli [^\n]{0,160}?-a ["']?([^\s"'$]{5,128}))re");
    report_group("redis-command-password", expression, text, at, 0.75, report);
}

void look_requirepass(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?:requirepass|masterauth)\s+["']?([^\s"'$]{5,256}))re");
    report_group("redis-password", expression, text, at, 0.8, report);
}

void look_login(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?:docker|podman|helm registry|az|oc) login [^\n]{0,160}?(?:-p|--password)[ =]["']?([^\s"'$]{5,256}))re");
    report_group("login-command-password", expression, text, at, 0.8, report);
}

void look_chpasswd(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re(echo ["']?[a-z][\w-]{0,31}:([^\s"'|$]{4,128})["']?\s*\|\s*(?:sudo )?chpasswd)re");
    report_group("chpasswd-password", expression, text, at, 0.85, report);
}

void look_shadow(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((:\$(?:1|5|6|y|2[aby]|apr1|argon2id)\$[A-Za-z0-9./$,=+]{20,128}):\d*:)re");
    const std::string_view value = expression.group_at_start(text.substr(at));
    if (value.size() < 24) return;
    report.add("shadow-password-hash", Family::secret, at + 1, at + value.size(), 0.8);
}

void look_identified_by(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)identified (?:with \w+ )?by ["']([^"'\n]{4,128})["'])re");
    report_group("sql-user-password", expression, text, at, 0.8, report);
}

void look_sql_password(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:create|alter) (?:user|role|login) ["\w]{1,64} (?:with )?(?:\w+ ){0,6}password ["']([^"'\n]{4,128})["'])re");
    report_group("sql-user-password", expression, text, at, 0.8, report);
}

constexpr StructuredLook looks[] = {
    {"bearer ", look_bearer},
    {"basic ", look_basic},
    {"\"auth\"", look_auth},
    {"curl ", look_curl},
    {"machine ", look_netrc},
    {":5432:|:5433:|:6432:", look_pgpass},
    {"sshpass ", look_sshpass},
    {"mysql |mysqldump |mysqladmin |mariadb ", look_mysql},
    {"redis-cli ", look_redis},
    {"requirepass|masterauth", look_requirepass},
    {"docker login|podman login|az login|oc login|helm registry login", look_login},
    {"echo ", look_chpasswd},
    {":$1$|:$5$|:$6$|:$y$|:$2a$|:$2b$|:$2y$|:$apr1$|:$argon2id$", look_shadow},
    {"identified ", look_identified_by},
    {"create user |alter user |create role |alter role |create login |alter login ",
     look_sql_password},
};

}  // namespace

std::span<const StructuredLook> command_looks() {
    return looks;
}

}  // namespace hs::detect
