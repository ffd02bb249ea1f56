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
        R"re((:\$(?:1|5|6|y|2[aby]|apr1|argon2id)\$[A-Za-z0-9./$,=+]{20,128})(?::\d*:|\s|$))re");
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

// Names of cookies that stand for a person who has signed in.
void look_cookie(std::string_view text, std::size_t, std::size_t end, Report& report) {
    static const Expression expression(
        R"re((?i)[^\n]{0,300}?\b[\w-]*(?:sess|sid|auth|token|jwt|remember|login)[\w-]*=([^;\s"']{20,}))re");
    const std::string_view value = expression.group_at_start(text.substr(end));
    if (value.size() < 20 || is_placeholder(value) || !looks_random(value)) return;
    const auto begin = static_cast<std::size_t>(value.data() - text.data());
    report.add("session-cookie", Family::secret, begin, begin + value.size(), 0.65);
}

// openssl -pass pass:…, unzip -P …, net use … /user:NAME …, gh secret set NAME --body …
void look_option(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:-pass(?:in|out)? pass:|(?:un)?zip (?:-\w+ )*(?-i:-P) ?|7z [^\n]{0,80}? -p|net use [^\n]{0,120}?/user:\S+ |secret set \S+ (?:[^\n]{0,60} )?(?:--body|-b)[ =]|(?:mongosh?|snowsql|influx|sqlcmd|mosquitto_\w+|ldap\w+) [^\n]{0,120}?(?-i:-[pPw]) |runas [^\n]{0,60}?/user:\S+ |snmp-server community |enable (?:secret|password)(?: \d)? |-(?:src|dest)?(?:store|key)pass |jdbc:oracle:thin:[^/\s"']{1,40}/)["']?([^\s"'@<]{4,256}))re");
    const std::string_view value = expression.group_at_start(text.substr(at));
    // "Enable password input": a sentence goes on.
    if (std::none_of(value.begin(), value.end(), is_digit) && wordiness(value) > 0.3) return;
    report_group("command-password", expression, text, at, 0.75, report);
}

// ConvertTo-SecureString "…", new NetworkCredential("user", "…"), auth=("user", "…")
void look_code_pair(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:-securestring(?: -string)? |(?:credentials?|httpbasicauth|basicauth|basic_auth|passwordauthentication|auth ?=|getconnection|\.login) ?\(\s*(?:["']jdbc:[^"'\n]{1,200}["']\s*,\s*)?\s*(?:["'][^"'\n]{1,64}["']|[\w.]{1,40})\s*,\s*)["']([^"'\n]{5,128})["'])re");
    report_group("code-password", expression, text, at, 0.75, report);
}

// The password for the account is …; das Passwort lautet …; the token is `…`
void look_said(std::string_view text, std::size_t at, std::size_t, Report& report) {
    // Prose speaks of passwords and years all the time; the expression is for the few lines that
    // can tell one.
    const std::string_view ahead = text.substr(at, 128);
    if (!has_word_with_digit(ahead.substr(0, ahead.find('\n')), 8)) return;
    static const Expression expression(
        R"re((?i)(?:password|passwort|passphrase|kennwort|mot de passe|contraseña|senha|wachtwoord|hasło|token|secret|api key|access key|(?:encryption|signing|secret|private|master) key|pass|pw|credentials?|pin)\b(?:[^\n=:"'`]{0,48}?\s(?:is|lautet|ist|est|es|are|to|->|—|–|é)\s*:?|[^\n=:"'`]{0,24}?:|(?: \d)?)\s+["'`]?([^\s"'`,;<>()]{8,256}))re");
    std::string_view value = expression.group_at_start(text.substr(at, 400));
    while (!value.empty() && (value.back() == '.' || value.back() == '?')) value.remove_suffix(1);
    if (value.size() < 8 || !is_plausible_password(value) || is_uuid(value)) return;
    const auto digits = std::count_if(value.begin(), value.end(), is_digit);
    const auto letters = std::count_if(value.begin(), value.end(), is_letter);
    const bool path = value.find('/') != std::string_view::npos;
    if (digits == 0 || letters < 2 || (path && !looks_random(value))) return;
    if (wordiness(value) > 0.5 && value.size() < 20 && digits < 3) return;
    const bool mixed = std::any_of(value.begin(), value.end(), is_upper) &&
                       std::any_of(value.begin(), value.end(), is_lower);
    const bool chosen = digits >= 2 && value.size() <= 24 && (mixed || letters >= 4);
    // Right behind the word, with no "is" between: only what no sentence goes on with.
    const std::string_view joint =
        text.substr(at, static_cast<std::size_t>(value.data() - text.data()) - at);
    if (joint.size() < 13 && joint.find(':') == std::string_view::npos &&
        joint.find(" is") == std::string_view::npos && !(mixed && wordiness(value) < 0.4)) {
        return;
    }
    if (!chosen && !looks_random(value)) return;
    const auto begin = static_cast<std::size_t>(value.data() - text.data());
    report.add("told-credential", Family::secret, begin, begin + value.size(), 0.6);
}

// BIP 39: twelve to twenty-four words of three to eight letters.
void look_seed(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:seed|recovery|mnemonic|backup)[ _-]?(?:phrases?|words?)?["']?\s*(?:is|are|[:=])\s*["'`]?((?-i:(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8}))\b)re");
    report_group("wallet-seed-phrase", expression, text, at, 0.8, report);
}

void look_npm_auth(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    while (end < text.size() && (is_space(text[end]) || text[end] == '=')) ++end;
    look_basic(text, at, end, report);
}

constexpr StructuredLook looks[] = {
    {"cookie: ", look_cookie},
    {"authorization: token |authorization: apikey |authorization: api-key |authorization: key ",
     look_bearer},
    {"-pass pass:|-passin pass:|-passout pass:|unzip -|zip -p|7z x|7z a|net use |secret set "
     "|mongosh |mongo -|snowsql |influx -|sqlcmd |mosquitto_|ldapsearch |ldapadd |runas "
     "|snmp-server comm|enable secret|enable "
     "pass|-storepass|-keypass|-srcstorepass|-deststorepass|jdbc:oracle:thin:",
     look_option},
    {"-securestring|credential(|credentials(|httpbasicauth|basicauth(|basic_auth(|auth=(|auth = "
     "(|.login(|getconnection(|passwordauthentication(",
     look_code_pair},
    {"password |passwort |passphrase |kennwort |mot de passe |contrase\xC3\xB1"
     "a |senha |wachtwoord "
     "|has\xC5\x82o |token |secret |api key |access key |encryption key|signing key|secret key "
     "|private key |master key |pw for|pw is|pw: |pass is|pass for|credential",
     look_said},
    {"seed phrase|seed_phrase|seedphrase|recovery phrase|mnemonic|seed words|recovery words",
     look_seed},
    {"_auth", look_npm_auth},
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
