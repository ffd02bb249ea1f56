// Samples: labelled texts, made by a seeded generator, so that no value that looks like a real
// secret lies in the repository. The formats are written down here once more, from the providers'
// documents and not from the rules: a mistake in a rule shows.
// Threads: a Samples belongs to one thread.
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detect/checksum.h"

namespace hs::detect::testing {

struct Sample {
    std::string kind;
    std::string text;
};

class Samples {
  public:
    explicit Samples(std::uint64_t seed) : state_(seed * 2 + 1) {}

    // SplitMix64 (Steele, Lea, Flood 2014).
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::string letters(std::string_view alphabet, std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i) out += alphabet[next() % alphabet.size()];
        return out;
    }
    // {A36}: 36 letters and digits; h hex, H capital hex, u capitals and digits, l small and
    // digits, w with _ and -, d digits, b base64, U a UUID, p a password.
    std::string fill(std::string_view form) {
        std::string out;
        for (std::size_t i = 0; i < form.size(); ++i) {
            if (form[i] != '{') {
                out += form[i];
                continue;
            }
            const std::size_t close = form.find('}', i);
            const char sign = form[i + 1];
            std::size_t count = 0;
            for (std::size_t k = i + 2; k < close; ++k)
                count = count * 10 + static_cast<std::size_t>(form[k] - '0');
            out += piece(sign, count);
            i = close;
        }
        return out;
    }
    std::string github_token() { return fill("ghp_{A36}"); }
    std::string luhn_number(std::string lead, std::size_t size) {
        lead += letters("0123456789", size - 1 - lead.size());
        return with_check(lead, [](std::string_view text) { return luhn(text); });
    }
    template <class Holds>
    std::string with_check(const std::string& lead, Holds&& holds) {
        for (char digit = '0'; digit <= '9'; ++digit) {
            if (holds(lead + digit)) return lead + digit;
        }
        return lead + "0";
    }
    std::string iban_of(const std::string& country, std::size_t digits) {
        const std::string account = letters("0123456789", digits);
        for (int check = 2; check < 99; ++check) {
            const std::string text =
                country + std::string(check < 10 ? "0" : "") + std::to_string(check) + account;
            if (iban(text)) return text;
        }
        return "";
    }

    std::vector<Sample> secrets();
    std::vector<Sample> personal();
    std::vector<Sample> look_alikes();
    // Lines of prose and of source code that hold nothing.
    std::string prose_line();
    std::string code_line();

  private:
    std::string piece(char sign, std::size_t count) {
        static constexpr std::string_view digits = "0123456789";
        static constexpr std::string_view all =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        if (sign == 'h') return letters("0123456789abcdef", count);
        if (sign == 'H') return letters("0123456789ABCDEF", count);
        if (sign == 'u')
            return letters(all.substr(0, 26), 1) +
                   letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", count - 1);
        if (sign == 'l') return letters("abcdefghijklmnopqrstuvwxyz0123456789", count);
        if (sign == 'w')
            return letters(all, 1) + letters(std::string(all) + "_-", count - 2) + letters(all, 1);
        if (sign == 'd') return letters("123456789", 1) + letters(digits, count - 1);
        if (sign == 'b') return letters(std::string(all) + "+/", count);
        if (sign == 'U') return fill("{h8}-{h4}-4{h3}-a{h3}-{h12}");
        if (sign == 'p')
            return letters(all.substr(0, 52), 4) + letters("#%!*+", 1) + letters(all, 5) +
                   letters(digits, 2);
        return letters(all, count);
    }

    std::uint64_t state_;
};

inline std::vector<Sample> Samples::secrets() {
    static constexpr std::array<std::string_view, 2> forms[] = {
        {"aws-access-key-id", "aws_access_key_id = AKIA{u16}"},
        {"aws-secret-access-key", "aws_secret_access_key = {b40}"},
        {"gcp-api-key", "key: 'AIza{w35}'"},
        {"gcp-oauth-client-secret", "secret=GOCSPX-{w28}"},
        {"azure-storage-key", "AccountName=x;AccountKey={b86}==;EndpointSuffix=core.windows.net"},
        {"azure-shared-access-key",
         "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b43}="},
        {"azure-ad-client-secret", "x = \"{A3}8Q~{w34}\""},
        {"digitalocean-pat", "DO=dop_v1_{h64}"},
        {"databricks-token", "host dapi{h32}"},
        {"vault-service-token", "VAULT_TOKEN=hvs.{w95}"},
        {"terraform-cloud-token", "token = \"{A14}.atlasv1.{w67}\""},
        {"doppler-token", "dp.pt.{A43}"},
        {"tailscale-key", "tskey-auth-k{A12}CNTRL-{A32}"},
        {"newrelic-user-key", "NRAK-{u27}"},
        {"grafana-service-account-token", "glsa_{A32}_{h8}"},
        {"dynatrace-token", "dt0c01.{u24}.{u64}"},
        {"github-pat", "git clone https://x; export T=ghp_{A36}"},
        {"github-oauth-token", "gho_{A36}"},
        {"github-app-token", "\"ghs_{A36}\""},
        {"github-fine-grained-pat", "github_pat_{A22}_{A59}"},
        {"gitlab-pat", "GITLAB=glpat-{w20}"},
        {"gitlab-deploy-token", "gldt-{w20}"},
        {"gitlab-runner-token", "glrt-{w20}"},
        {"atlassian-api-token", "ATATT3xFfGF0{w120}"},
        {"npm-token", "//npm.example.com/:_authToken=npm_{A36}"},
        {"pypi-token", "password = pypi-AgEIcHlwaS5vcmc{w80}"},
        {"rubygems-key", "rubygems_{h48}"},
        {"docker-hub-pat", "dckr_pat_{w27}"},
        {"openai-api-key", "OPENAI_API_KEY=sk-proj-{w48}"},
        {"openai-api-key", "sk-{A20}T3BlbkFJ{A20}"},
        {"anthropic-api-key", "ANTHROPIC_API_KEY=sk-ant-api03-{w93}AA"},
        {"huggingface-token", "hf_{A34}"},
        {"groq-api-key", "gsk_{A52}"},
        {"replicate-token", "r8_{A37}"},
        {"slack-bot-token", "xoxb-{d12}-{d13}-{A24}"},
        {"slack-user-token", "xoxp-{d12}-{d12}-{d13}-{h32}"},
        {"slack-app-token", "xapp-1-A{u10}-{d13}-{h64}"},
        {"slack-webhook", "https://hooks.slack.com/services/T{u8}/B{u8}/{A24}"},
        {"discord-webhook", "https://discord.com/api/webhooks/{d18}/{w68}"},
        {"telegram-bot-token", "bot{x0}: {d9}:AA{w33}"},
        {"twilio-api-key", "SK{h32}"},
        {"twilio-auth-token", "TWILIO_AUTH_TOKEN={h32}"},
        {"sendgrid-key", "SG.{w22}.{w43}"},
        {"mailgun-key", "key-{h32}"},
        {"mailchimp-key", "{h32}-us12"},
        {"stripe-secret-key", "sk_live_{A24}"},
        {"stripe-restricted-key", "rk_live_{A24}"},
        {"stripe-webhook-secret", "whsec_{A32}"},
        {"square-access-token", "sq0atp-{w22}"},
        {"shopify-access-token", "shpat_{h32}"},
        {"hubspot-private-app-token", "pat-na1-{U0}"},
        {"linear-api-key", "lin_api_{A40}"},
        {"figma-token", "figd_{w40}"},
        {"heroku-api-key", "HEROKU_API_KEY={U0}"},
        {"datadog-api-key", "DD_API_KEY={h32}"},
        {"postgres-connection-string", "DATABASE_URL=postgresql://app:{A16}@db:5432/app"},
        {"mysql-connection-string", "mysql://root:{A14}@10.0.0.2/x"},
        {"mongodb-connection-string", "mongodb+srv://svc:{A18}@c0.mongodb.net/?retryWrites=true"},
        {"redis-connection-string", "redis://:{A20}@cache:6379/0"},
        {"amqp-connection-string", "amqps://u:{A16}@mq/v"},
        {"basic-auth-url", "https://deploy:{A20}@git.corp.net/x.git"},
        {"generic-password", "password = \"{p0}\""},
        {"generic-password", "  \"dbPassword\": \"{p0}\","},
        {"generic-password", "DB_PASSWORD={p0}"},
        {"generic-password", "<password>{p0}</password>"},
        {"generic-password", "- name: DB_PASSWORD\n  value: \"{p0}\""},
        {"generic-password", "mysqldump --password={p0} db"},
        {"generic-secret", "client_secret: \"{A40}\""},
        {"generic-secret", "const apiKey = '{A32}';"},
        {"generic-secret", "X-Api-Key: {h40}"},
        {"generic-secret", "SESSION_SECRET={h64}"},
        {"bearer-token", "Authorization: Bearer {A40}"},
        {"curl-user-password", "curl -u admin:{A14} https://x"},
        {"netrc-password", "machine h login me password {A12}"},
        {"age-secret-key", "AGE-SECRET-KEY-1{Q58}"},
        {"rsa-private-key",
         "-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b64}\n{b64}\n-----END RSA PRIVATE KEY-----"},
        {"openssh-private-key",
         "-----BEGIN OPENSSH PRIVATE KEY-----\n{b70}\n{b70}\n-----END OPENSSH PRIVATE KEY-----"},
        {"pgp-private-key",
         "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{b64}\n{b64}\n-----END PGP PRIVATE KEY "
         "BLOCK-----"},
        {"private-key",
         "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{b64}\\n{b64}\\n-----END PRIVATE "
         "KEY-----\\n\""},
        {"jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmNkZWYiLCJyb2xlIjoidSJ9.{w43}"},
    };
    std::vector<Sample> out;
    for (const auto& form : forms) {
        std::string text(form[1]);
        const std::size_t bech = text.find("{Q58}");
        if (bech != std::string::npos)
            text.replace(bech, 5, letters("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58));
        const std::size_t none = text.find("{x0}");
        if (none != std::string::npos) text.erase(none, 4);
        out.push_back({std::string(form[0]), fill(text)});
    }
    return out;
}

inline std::vector<Sample> Samples::personal() {
    const std::string card = luhn_number("4539", 16);
    const std::string amex = luhn_number("37", 15);
    std::vector<Sample> out = {
        {"credit-card", "Card: " + card},
        {"credit-card", card.substr(0, 4) + " " + card.substr(4, 4) + " " + card.substr(8, 4) +
                            " " + card.substr(12)},
        {"credit-card", "amex " + amex},
        {"iban", "IBAN " + iban_of("DE", 18)},
        {"iban", iban_of("AT", 16)},
        {"us-ssn", fill("SSN: 5{d2}-4{d1}-{d4}")},
        {"email-address", fill("write to mary.{l6}@acme-industries.com")},
        {"phone-number", fill("call +49 151 {d8}")},
        {"phone-number", fill("(415) 7{d2}-{d4}")},
        {"ip-address", "client 84.17.59.210 connected"},
        {"ip-address", "from 2a01:4f8:c17:8e2::1 port 22"},
        {"mac-address", "ether 3c:22:fb:9a:41:0d"},
        {"spain-dni", "DNI 12345678Z"},
        {"italy-codice-fiscale", "RSSMRA85T10A562S"},
        {"uk-national-insurance-number", "NI number AB123456C"},
        {"brazil-cpf", "CPF 529.982.247-25"},
        {"switzerland-ahv", "756.9217.0769.85"},
        {"poland-pesel", "PESEL 44051401359"},
        {"netherlands-bsn", "BSN 111222333"},
        {"uk-nhs-number", "NHS number 943 476 5919"},
        {"india-aadhaar", "Aadhaar 2341 2341 2346"},
        {"medical-record-number", fill("MRN: {d8}")},
        {"passport-number", fill("passport C{d8}")},
        {"canada-sin", "SIN: 046 454 286"},
    };
    out.pop_back();  // the specimen begins with 0, which no person has
    return out;
}

inline std::vector<Sample> Samples::look_alikes() {
    static constexpr std::array<std::string_view, 2> forms[] = {
        {"uuid", "request_id: {U0}"},
        {"uuid", "\"id\": \"{U0}\","},
        {"git-sha", "commit {h40}"},
        {"git-sha", "    rev: {h40}"},
        {"integrity", "\"integrity\": \"sha512-{b86}==\""},
        {"integrity", "golang.org/x/net v0.17.0 h1:{b43}="},
        {"integrity", "checksum = \"{h64}\""},
        {"integrity", "--hash=sha256:{h64}"},
        {"digest", "image: nginx@sha256:{h64}"},
        {"placeholder", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE"},
        {"placeholder", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
        {"placeholder", "password: changeme"},
        {"placeholder", "API_KEY=your-api-key-here"},
        {"placeholder", "token = \"xxxxxxxxxxxxxxxxxxxxxxxx\""},
        {"placeholder", "password = \"<password>\""},
        {"reference", "password: ${DB_PASSWORD}"},
        {"reference", "password = os.environ[\"DB_PASSWORD\"]"},
        {"reference", "const token = process.env.GITHUB_TOKEN;"},
        {"reference", "secret: {{ vault_secret }}"},
        {"code", "password = config.get_password()"},
        {"code", "def check(password: str, token: Optional[str] = None):"},
        {"code", "if (password == null || password.length < 8) return false;"},
        {"code", "this.accessToken = response.access_token;"},
        {"code", "tokenizer = AutoTokenizer.from_pretrained(\"bert-base-uncased\")"},
        {"code", "const PASSWORD_MIN_LENGTH = 12;"},
        {"text", "Enter your password: "},
        {"text", "The token count of the document was 20481234."},
        {"css", ".a{{color:#fff;background:#1a2b3c}} .password-field-wrapper-inner-container"},
        {"public-key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC{b200} me"},
        {"public-key", "-----BEGIN PUBLIC KEY-----\n{b64}\n{b64}\n-----END PUBLIC KEY-----"},
        {"certificate", "-----BEGIN CERTIFICATE-----\n{b64}\n{b64}\n-----END CERTIFICATE-----"},
        {"stripe-publishable", "pk_live_{A24}"},
        {"test-card", "test card 4242 4242 4242 4242"},
        {"number", "timestamp: 1700000000123456"},
        {"number", "const BIG = 12345678901234567890;"},
        {"version", "version 10.2.33.4"},
        {"loopback", "listen 127.0.0.1:8080, 0.0.0.0"},
        {"mail", "user@example.com, git@github.com:org/repo.git"},
        {"jwt-example",
         "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
         "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
         "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"},
        {"image", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{b120}"},
        {"url", "https://example.org/a/b?x=1&session=abc"},
        {"css-class", "sk-fading-circle sk-circle-bounce-delay"},
    };
    std::vector<Sample> out;
    for (const auto& form : forms)
        out.push_back({std::string(form[0]), form[0] == "reference" || form[0] == "css"
                                                 ? std::string(form[1])
                                                 : fill(form[1])});
    return out;
}

inline std::string Samples::prose_line() {
    static constexpr std::string_view words[] = {
        "the",    "house",  "of",      "this",     "report", "and",   "people",  "who",
        "write",  "about",  "token",   "password", "change", "every", "morning", "before",
        "secret", "garden", "opens",   "with",     "keys",   "for",   "2024",    "version",
        "3.11",   "server", "answers", "again",    "under",  "load"};
    std::string line;
    while (line.size() < 78) line += std::string(words[next() % std::size(words)]) + " ";
    return line + "\n";
}

inline std::string Samples::code_line() {
    static constexpr std::string_view lines[] = {
        "    if (session->token_count > limit && !is_valid(key)) return Status::error(\"bad "
        "key\");\n",
        "  const result = await client.fetch(`/api/v2/users/${id}`, { headers, timeout: 3000 });\n",
        "def parse_header(self, name: str, value: bytes) -> Optional[int]:\n",
        "        password=getpass.getpass(prompt), secret=self.secret_for(user), api_key=key)\n",
        "static_assert(sizeof(Header) == 0x40 && alignof(Header) == 8, \"layout\");\n",
        "    \"lodash\": {\"version\": \"4.17.21\", \"resolved\": "
        "\"https://npm.example.com/lodash\"},\n",
        "for (std::size_t i = 0; i < items.size(); ++i) total += items[i].weight * 1024;\n",
        "import { useState, useEffect } from 'react'; // eslint-disable-line\n"};
    return std::string(lines[next() % std::size(lines)]);
}

inline std::string gzip_of(const std::string& text) {
    z_stream stream{};
    ::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

inline std::string tar_of(const std::string& name, const std::string& text) {
    std::string header(512, '\0');
    header.replace(0, name.size(), name);
    char size[12] = {};
    std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(text.size()));
    header.replace(124, 11, size);
    header[156] = '0';
    header.replace(257, 5, "ustar");
    std::string out = header + text;
    out.resize((out.size() + 511) / 512 * 512 + 1024, '\0');
    return out;
}

inline std::string zip_of(const std::string& name, const std::string& text) {
    const std::string gzip = gzip_of(text);
    const std::string raw = gzip.substr(10, gzip.size() - 18);
    const auto number = [](std::size_t value, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
        return out;
    };
    return std::string("PK\x03\x04") + number(20, 2) + number(0, 2) + number(8, 2) + number(0, 8) +
           number(raw.size(), 4) + number(text.size(), 4) + number(name.size(), 2) + number(0, 2) +
           name + raw + "PK\x01\x02" + std::string(42, '\0');
}

}  // namespace hs::detect::testing
