#include "hardshell-keeper/shipping.h"

#include <fmt/format.h>

#include "base/version.h"
#include "crypto/mac.h"
#include "egress/frames.h"
#include "os/environment.h"
#include "os/file.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t pem_bytes_max = std::size_t{1} << 20U;
constexpr std::int64_t witness_patience_ms = 3'000;

Result<std::string> read_pem(const std::string& path) {
    if (path.empty()) return std::string();
    return os::read_text(path, pem_bytes_max);
}

Result<std::string> read_key(const std::string& path) {
    if (path.empty()) return std::string();
    const auto facts = TRY(os::facts_of_path(path));
    if ((facts.mode & 077U) != 0) {
        return fail(
            Code::denied,
            fmt::format("{} may be read by others; mend it with: chmod 600 {}", path, path));
    }
    return read_pem(path);
}

egress::CredentialUse credential_of(const ship::SinkSetting& sink) {
    if (sink.credential.empty()) return {};
    const bool splunk = sink.kind == ship::SinkKind::splunk;
    return {sink.credential, "Authorization", splunk ? "Splunk " : "Bearer "};
}

}  // namespace

Shipping::Shipping(Parts parts) : parts_(std::move(parts)), outlet_(parts_.outlet) {
    witnesses_ = std::make_unique<ship::Witnesses>(ship::Witnesses::Parts{
        parts_.clock, [this](audit::Event event) { record(std::move(event)); },
        [this](const ship::Conflict& conflict) {
            note_conflict(parts_.places, parts_.log, conflict);
        }});
}

void Shipping::record(audit::Event event) {
    const auto queued = parts_.log.append(event, [](Result<std::uint64_t>) {});
    static_cast<void>(queued.ok());  // a log that failed refuses every decision from now on
}

void Shipping::complain(const std::string& about, const base::Error& error) {
    problems_.push_back(about + ": " + error.what);
    std::fprintf(stderr, "hardshell-keeper: %s\n", problems_.back().c_str());
}

void Shipping::prepare() {
    auto sinks = ship::sink_settings(parts_.settings);
    if (!sinks) complain("shipping", sinks.error());
    if (sinks) sinks_ = std::move(*sinks);
    for (const auto& sink : sinks_) add_sink(sink);
    const auto witnesses = ship::witness_settings(parts_.settings);
    if (!witnesses) return complain("witnesses", witnesses.error());
    for (const auto& witness : *witnesses) {
        const std::string name = ship::witness_place(witness.name);
        Place place{witness.scheme == "http" ? egress::Scheme::http : egress::Scheme::https,
                    witness.host,
                    witness.port,
                    {},
                    witness.ca.empty() ? "" : name};
        const auto told = send_identity(place.identity, witness.ca, "", "");
        if (!told) complain(name, told.error());
        outlet_.add_place(name, std::move(place));
        clients_.emplace_back(ship::WitnessClient::Parts{witness, parts_.log.log_key(),
                                                         parts_.places.audit(),
                                                         parts_.places.witness(), outlet_});
    }
}

void Shipping::add_sink(const ship::SinkSetting& sink) {
    if (sink.kind == ship::SinkKind::file) return;
    Place place{sink.scheme == "http" ? egress::Scheme::http : egress::Scheme::https, sink.host,
                sink.port, credential_of(sink), sink.has_identity() ? sink.name : ""};
    const auto told = send_identity(place.identity, sink.ca, sink.certificate, sink.key);
    // Egress refuses what it has no identity for, so the sink fails and says why.
    if (!told) complain("ship." + sink.name, told.error());
    outlet_.add_place(sink.name, std::move(place));
}

Result<> Shipping::send_identity(const std::string& name, const std::string& ca,
                                 const std::string& certificate, const std::string& key) {
    if (name.empty()) return {};
    egress::NamedIdentity named{name, {}};
    named.identity.roots_pem = TRY(read_pem(ca));
    named.identity.chain_pem = TRY(read_pem(certificate));
    named.identity.key_pem = TRY(read_key(key));
    base::Bytes packed = egress::pack_identity(named);
    const auto sent = parts_.outlet.egress.send(
        0, static_cast<std::uint16_t>(egress::EgressFrameKind::identity), packed);
    crypto::wipe(packed);
    std::string& held = named.identity.key_pem;
    crypto::wipe({reinterpret_cast<std::uint8_t*>(held.data()), held.size()});
    return sent;
}

Result<> Shipping::check_witnesses() {
    if (parts_.log.status().failure || clients_.empty()) return {};
    const auto conflict = TRY(witnesses_->check(clients_, witness_patience_ms));
    if (conflict) note_conflict(parts_.places, parts_.log, *conflict);
    return {};
}

void Shipping::start() {
    const auto watched = witnesses_->start(std::exchange(clients_, {}));
    if (!watched) complain("witnesses", watched.error());
    if (sinks_.empty()) return;
    shipper_ = std::make_unique<ship::Shipper>(ship::Shipper::Parts{
        parts_.places.audit(),
        parts_.places.state + "/ship",
        outlet_,
        parts_.clock,
        parts_.random,
        {os::host_name(), base::version},
        [this](const std::string& sink) {
            return crypto::derive_key(parts_.master, "ship pseudonyms " + sink);
        },
        [this](audit::Event event) { record(std::move(event)); }});
    const auto started = shipper_->start(sinks_);
    if (!started) {
        complain("shipping", started.error());
        shipper_.reset();
    }
}

void Shipping::stop() {
    witnesses_->stop();
    if (shipper_) shipper_->stop();
}

Json Shipping::status() const {
    JsonArray sinks;
    if (shipper_) {
        for (const auto& one : shipper_->status()) sinks.push_back(one.to_json());
    }
    JsonArray witnesses;
    for (const auto& one : witnesses_->status()) witnesses.push_back(one.to_json());
    JsonArray problems(problems_.begin(), problems_.end());
    const auto log = parts_.log.status();
    Json record = JsonObject{{"size", static_cast<std::int64_t>(log.size)},
                             {"epoch", static_cast<std::int64_t>(log.epoch)}};
    if (log.failure) record["failure"] = log.failure->what;
    return JsonObject{{"sinks", std::move(sinks)},
                      {"witnesses", std::move(witnesses)},
                      {"problems", std::move(problems)},
                      {"log", std::move(record)}};
}

void Shipping::add_verbs(gate::Keeper& keeper) {
    using Access = gate::Keeper::Access;
    keeper.add_verb("ship.status", Access::daemon_or_person,
                    [this](const gate::Sender&, const Json&) -> Result<Json> { return status(); });
    // An event like any other; whoever asked watches it arrive.
    keeper.add_verb(
        "ship.test", Access::person_only,
        [this](const gate::Sender& sender, const Json&) -> Result<Json> {
            audit::Event event(audit::EventKind::ship);
            event.set(audit::Field::outcome, "test").set(audit::Field::person, sender.name);
            event.detail("severity", "critical");  // every sink lets it through
            const auto index = TRY(parts_.log.append_and_wait(event));
            TRY(parts_.log.checkpoint_and_wait());
            return Json(JsonObject{{"index", static_cast<std::int64_t>(index)}});
        });
}

}  // namespace hs::keeping
