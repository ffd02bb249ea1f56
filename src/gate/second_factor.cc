#include "gate/second_factor.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/one_time_code.h"
#include "crypto/seal.h"
#include "gate/keeper.h"
#include "os/file.h"
#include "wire/url.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t key_bytes = 20;  // RFC 4226 section 4
constexpr std::size_t digits = 6;
constexpr std::string_view place = "second factors";

bool is_code(std::string_view code) {
    return code.size() == digits && code.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string to_base32(base::ByteView bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        held = held << 8U | byte;
        for (bits += 8; bits >= 5; bits -= 5) text += letters[held >> (bits - 5) & 31U];
    }
    if (bits > 0) text += letters[held << (5 - bits) & 31U];
    return text;
}

std::string factor_link(const std::string& person, const std::string& secret) {
    return fmt::format("otpauth://totp/Hardshell:{}?secret={}&issuer=Hardshell",
                       wire::escape_url_component(person), secret);
}

Result<SecondFactors> SecondFactors::open(std::string file, crypto::SecretBytes key,
                                          const base::Clock& clock, base::Random& random) {
    SecondFactors made(std::move(file), std::move(key), clock, random);
    TRY(made.load());
    return made;
}

Result<> SecondFactors::load() {
    const auto sealed = os::read_text(file_, file_bytes_max);
    if (!sealed && sealed.error().code == Code::not_found) return {};
    if (!sealed) return sealed.failure();
    base::Bytes text = TRY(crypto::open(key_, base::bytes_of(*sealed), base::bytes_of(place)));
    const auto parsed = wire::parse_json(base::text_of(text));
    crypto::wipe(text);
    if (!parsed) return parsed.failure();
    for (const Json& item : *TRY(wire::array_at(*parsed, "factors"))) {
        Factor factor;
        factor.key = TRY(base::from_base64(TRY(wire::text_at(item, "key"))));
        factor.since_ms = TRY(wire::integer_at(item, "since_ms"));
        factor.last_step = static_cast<std::uint64_t>(TRY(wire::integer_at(item, "last_step")));
        factor.wrong = static_cast<int>(TRY(wire::integer_at(item, "wrong")));
        factor.locked_until_ms = TRY(wire::integer_at(item, "locked_until_ms"));
        factors_[TRY(wire::text_at(item, "person"))] = std::move(factor);
    }
    return {};
}

Result<> SecondFactors::save() const {
    Json list{wire::JsonArray{}};
    for (const auto& [person, factor] : factors_) {
        list.push(JsonObject{{"person", person},
                             {"key", base::to_base64(factor.key)},
                             {"since_ms", factor.since_ms},
                             {"last_step", static_cast<std::int64_t>(factor.last_step)},
                             {"wrong", static_cast<std::int64_t>(factor.wrong)},
                             {"locked_until_ms", factor.locked_until_ms}});
    }
    std::string text = wire::canonical_json(JsonObject{{"factors", std::move(list)}});
    const base::Bytes sealed =
        crypto::seal(key_, base::bytes_of(text), base::bytes_of(place), *random_);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return os::write_file_atomic(file_, sealed);
}

std::uint64_t SecondFactors::step_of(const Factor& factor, const std::string& code) const {
    const std::uint64_t now = crypto::code_step(clock_->wall_ms());
    std::uint64_t found = 0;
    // A clock that is half a minute off is common (RFC 6238 section 5.2).
    for (const std::uint64_t step : {now - 1, now, now + 1}) {
        const std::string right = crypto::one_time_code(factor.key, step);
        const bool fits = crypto::equal(base::bytes_of(right), base::bytes_of(code));
        if (fits && step > factor.last_step) found = step;
    }
    return found;
}

Result<std::string> SecondFactors::begin(const std::string& person, const std::string& code) {
    // Otherwise whoever sits at the screen makes a factor of their own.
    if (has(person)) TRY(use(person, code));
    if (factors_.size() >= persons_max || begun_.size() >= persons_max) {
        return fail(Code::exhausted, "too many persons have a factor");
    }
    Factor made;
    made.key.resize(key_bytes);
    random_->fill(made.key);
    made.since_ms = clock_->wall_ms();
    std::string secret = to_base32(made.key);
    begun_[person] = std::move(made);
    return secret;
}

Result<> SecondFactors::confirm(const std::string& person, const std::string& code) {
    const auto found = begun_.find(person);
    if (found == begun_.end() || found->second.since_ms + begun_life_ms <= clock_->wall_ms()) {
        return fail(Code::not_found,
                    "no authenticator is being set up; begin with: hardshell factor add");
    }
    Factor made = found->second;
    made.last_step = step_of(made, code);
    if (made.last_step == 0) {
        begun_.erase(found);  // one try: begin anew
        return fail(Code::denied,
                    "the code is not the authenticator's; begin anew: hardshell "
                    "factor add");
    }
    const auto before = factors_;
    factors_[person] = std::move(made);
    const auto saved = save();
    if (!saved) factors_ = before;
    if (saved) begun_.erase(person);
    return saved;
}

Result<> SecondFactors::remove(const std::string& person, const std::string& code) {
    TRY(use(person, code));
    const auto before = factors_;
    factors_.erase(person);
    const auto saved = save();
    if (!saved) factors_ = before;
    return saved;
}

Result<> SecondFactors::use(const std::string& person, const std::string& code) {
    const auto found = factors_.find(person);
    if (found == factors_.end()) {
        return fail(Code::denied, fmt::format("{} has set up no authenticator; to do that: "
                                              "hardshell factor add",
                                              person));
    }
    Factor& factor = found->second;
    const base::WallTime_ms now_ms = clock_->wall_ms();
    if (factor.locked_until_ms > now_ms) {
        return fail(Code::denied,
                    fmt::format("too many wrong codes; codes of {} count again at {}", person,
                                base::format_time(factor.locked_until_ms).substr(11, 5)));
    }
    if (!is_code(code)) return fail(Code::denied, "a code has six digits");
    const Factor before = factor;
    const std::uint64_t step = step_of(factor, code);
    if (step != 0) {
        factor.last_step = step;
        factor.wrong = 0;
    } else if (++factor.wrong >= wrong_max) {
        factor.wrong = 0;
        factor.locked_until_ms = now_ms + locked_ms;
    }
    // What is not on disk has not happened: a code that counts is used up first.
    const auto saved = save();
    if (!saved) factor = before;
    TRY(saved);
    if (step == 0) return fail(Code::denied, "the code is wrong, or was used before");
    return {};
}

Json SecondFactors::list() const {
    Json list{wire::JsonArray{}};
    for (const auto& [person, factor] : factors_) {
        list.push(JsonObject{{"person", person}, {"since", base::format_time(factor.since_ms)}});
    }
    return list;
}

void SecondFactors::add_verbs(Keeper& keeper, audit::Log& log) {
    using Access = Keeper::Access;
    // {person?, code?}: for whom, and a code that vouches for the change.
    const auto person_of = [](const Sender& sender, const Json& arguments) {
        return wire::text_at_or(arguments, "person", sender.name);
    };
    const auto record = [&log](const Sender& sender, const std::string& person,
                               std::string_view what) {
        return log.append_and_wait(audit::Event(audit::EventKind::sign_in)
                                       .set(audit::Field::person, person)
                                       .set(audit::Field::outcome, what)
                                       .set(audit::Field::reason, "a second factor: TOTP")
                                       .detail("by", sender.name));
    };
    keeper.add_verb(
        "factor.begin", Access::person_only,
        [=, this](const Sender& sender, const Json& arguments) -> Result<Json> {
            const std::string person = TRY(person_of(sender, arguments));
            const std::string code = TRY(wire::text_at_or(arguments, "code", ""));
            const std::string secret = TRY(begin(person, code));
            return Json(JsonObject{
                {"person", person}, {"secret", secret}, {"link", factor_link(person, secret)}});
        });
    keeper.add_verb("factor.confirm", Access::person_only,
                    [=, this](const Sender& sender, const Json& arguments) -> Result<Json> {
                        const std::string person = TRY(person_of(sender, arguments));
                        TRY(confirm(person, TRY(wire::text_at(arguments, "code"))));
                        TRY(record(sender, person, "bound"));
                        return Json(JsonObject{{"person", person}});
                    });
    keeper.add_verb("factor.remove", Access::person_only,
                    [=, this](const Sender& sender, const Json& arguments) -> Result<Json> {
                        const std::string person = TRY(person_of(sender, arguments));
                        TRY(remove(person, TRY(wire::text_at_or(arguments, "code", ""))));
                        TRY(record(sender, person, "unbound"));
                        return Json(JsonObject{{"person", person}});
                    });
    keeper.add_verb("factor.list", Access::daemon_or_person,
                    [this](const Sender&, const Json&) -> Result<Json> {
                        return Json(JsonObject{{"factors", list()}});
                    });
}

}  // namespace hs::gate
