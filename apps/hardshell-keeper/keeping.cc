#include "hardshell-keeper/keeping.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "egress/envelope.h"
#include "egress/frames.h"
#include "gate/channel_desk.h"
#include "gate/keeper.h"
#include "gate/lines.h"
#include "gate/lockdown.h"
#include "gate/mcp_book.h"
#include "gate/plan_verbs.h"
#include "gate/policy_desk.h"
#include "gate/second_factor.h"
#include "gate/skill_verbs.h"
#include "gate/tokens.h"
#include "hardshell-keeper/drift_watch.h"
#include "hardshell-keeper/envelopes.h"
#include "hardshell-keeper/key_desk.h"
#include "hardshell-keeper/memory_keys.h"
#include "hardshell-keeper/outlet_desk.h"
#include "hardshell-keeper/person_records.h"
#include "hardshell-keeper/recording.h"
#include "hardshell-keeper/shipping.h"
#include "hardshell-keeper/vault.h"
#include "os/error.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::keeping {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t people_max = 32;
constexpr int tick_ms = 1000;
// A hardshelld that has not ended by then does not listen to the lockdown, and is ended.
constexpr std::chrono::milliseconds lockdown_patience{900};

// Everything the process holds, in the order in which it is opened.
struct House {
    explicit House(Places held) : places(std::move(held)) {}

    Places places;
    os::SystemClock clock;
    os::SystemRandom random;
    gate::Settings settings = gate::Settings::defaults();
    std::unique_ptr<KeyDesk> keys;
    crypto::SecretBytes ticket_key;
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<audit::BlobStore> blobs;
    std::unique_ptr<audit::Pseudonyms> names;
    std::unique_ptr<gate::Judge> judge;
    std::unique_ptr<gate::Governance> governance;
    std::unique_ptr<gate::Questions> questions;
    std::unique_ptr<gate::SkillBook> skills;
    std::unique_ptr<gate::PlanBook> plans;
    std::unique_ptr<gate::ProvenWalls> walls;
    gate::ConnectorBook connectors;
    std::unique_ptr<gate::McpBook> mcp;
    std::unique_ptr<gate::SecondFactors> factors;
    std::unique_ptr<gate::Keeper> keeper;
    std::unique_ptr<gate::PolicyDesk> desk;
    std::unique_ptr<gate::LockdownDesk> lockdown;
    std::unique_ptr<gate::ChannelDesk> channels;
    std::unique_ptr<StoreDesk> stores;
    std::unique_ptr<Vault> vault;
    std::unique_ptr<MemoryKeys> memory_keys;
    std::string memory_problem;  // why there is none
    OutletDesk outlets{random};
    std::shared_ptr<os::Channel> daemon;
    std::shared_ptr<os::Channel> launcher;
    std::shared_ptr<os::Channel> egress;
    std::unique_ptr<Shipping> shipping;  // ends before what it uses
    std::unique_ptr<DriftWatch> drift;
    os::Fd listener;
    os::Fd signals;
    std::vector<gate::Sender> people;
    gate::Lines lines;
    std::uint64_t generation_told = 0;
    bool stopping = false;
};

Result<> open_settings(House& house) {
    const auto text = os::read_text(house.places.config_file, config_bytes_max);
    if (!text && text.error().code == Code::not_found) return {};
    house.settings = TRY(gate::Settings::parse(TRY(text), house.places.config_file));
    return {};
}

Result<> open_record(House& house) {
    const auto& master = house.keys->master().key;
    house.log = TRY(open_log({house.places.state}, master, {house.clock, house.random}));
    house.blobs = std::make_unique<audit::BlobStore>(TRY(audit::BlobStore::open(
        house.places.state + "/blobs", crypto::derive_key(master, "audit blobs"))));
    house.names = std::make_unique<audit::Pseudonyms>(crypto::derive_key(master, "audit names"));
    return {};
}

std::vector<std::string> roots_of(const House& house) {
    std::vector<std::string> roots;
    for (const auto& root : house.settings.texts("files.roots")) {
        const auto resolved = os::resolve_path(root);
        if (resolved) roots.push_back(*resolved);
    }
    return roots;
}

Result<std::string> token_name(const Places& places, const std::string& token) {
    const auto tokens = TRY(gate::Tokens::load(places.state + "/tokens.json"));
    const gate::TokenEntry* entry = tokens.find(token);
    if (entry == nullptr || !entry->scopes.has(gate::Scope::approve)) {
        return fail(Code::denied, "this token may not answer approvals");
    }
    return entry->name;
}

// Which compartment keys the daemon may be given. Each is derived for its one purpose.
Result<Json> open_compartment(House& house, const Json& arguments) {
    const std::string name = TRY(wire::text_at(arguments, "compartment"));
    if (name != "sessions" && name != "undo" && name != "channels") {
        return fail(Code::denied, "the daemon may not open this compartment");
    }
    if (house.lockdown->is_on()) {
        return fail(Code::denied, "the lockdown is on: what is kept stays sealed");
    }
    const auto key = crypto::derive_key(house.keys->master().key, "compartment " + name);
    TRY(house.log->append_and_wait(audit::Event(audit::EventKind::secret_use)
                                       .set(audit::Field::secret, "compartment " + name)
                                       .set(audit::Field::outcome, "opened")));
    Json answer;
    answer["key"] = base::to_base64(key.view());
    answer["warning"] = house.keys->master().warning;
    return answer;
}

Result<> open_policy(House& house, const std::string& config_folder) {
    const std::string organisation = gate::organisation_folder(house.settings);
    house.judge = TRY(gate::Judge::open(house.settings, {config_folder + "/policy", organisation,
                                                         house.places.state + "/policy-sets"}));
    house.governance = std::make_unique<gate::Governance>(
        gate::GovernancePlaces{config_folder + "/governance", organisation});
    const auto read = house.governance->reload();
    if (!read) std::fprintf(stderr, "hardshell-keeper: %s\n", read.error().what.c_str());
    return {};
}

Result<> open_desk(House& house) {
    gate::PolicyDesk::Parts parts{house.clock,
                                  house.random,
                                  *house.log,
                                  *house.blobs,
                                  *house.judge,
                                  *house.questions,
                                  *house.governance,
                                  house.settings,
                                  *house.keeper,
                                  [&house](const std::string& token) { return token_name(house.places, token); }};
    auto book = TRY(gate::ExceptionBook::open(house.places.state + "/exception-requests.json"));
    house.desk = std::make_unique<gate::PolicyDesk>(std::move(parts), std::move(book));
    house.desk->add_verbs();
    return {};
}

Result<> tell_generation(House& house);

// New tickets alone hold before what runs is ended: nothing begins in between.
void stop_sandboxes(House& house) {
    const auto told = tell_generation(house);
    const auto stopped =
        house.launcher->send(0, static_cast<std::uint16_t>(gate::ActorFrameKind::stop_all), {});
    // A launcher or egress that cannot be told is gone; what ran under it ends with the family.
    house.stopping = house.stopping || !told || !stopped;
}

void open_lockdown(House& house) {
    house.lockdown = std::make_unique<gate::LockdownDesk>(gate::LockdownDesk::Parts{
        house.clock, *house.log, *house.judge, *house.questions, *house.governance, *house.keeper,
        [&house](const std::string& token) { return token_name(house.places, token); },
        house.places.state + "/lockdown", [&house] { stop_sandboxes(house); }});
    house.lockdown->add_verbs();
}

// The last resort against a hardshelld that was taken over: it ends, and comes back sealed.
void end_a_deaf_daemon(House& house) {
    const auto begun = house.lockdown->begun();
    if (!begun || std::chrono::steady_clock::now() - *begun < lockdown_patience) return;
    const auto peer = os::peer_of(house.daemon->fd());
    if (peer && peer->pid > 1 && peer->pid == ::getppid()) ::kill(peer->pid, SIGKILL);
    house.stopping = true;
}

// What is done with the record: deliveries, drift, and what people put into it.
void open_record_keeping(House& house) {
    house.shipping = std::make_unique<Shipping>(
        Shipping::Parts{{house.places.state},
                        house.settings,
                        house.keys->master().key,
                        *house.log,
                        house.clock,
                        house.random,
                        {*house.egress, house.ticket_key, house.clock, house.random, "ship"}});
    house.shipping->add_verbs(*house.keeper);
    add_person_records(*house.keeper, {house.clock, house.random, *house.log});
    house.drift = std::make_unique<DriftWatch>(
        DriftWatch::Parts{house.places.state, gate::organisation_folder(house.settings),
                          house.settings, *house.log, house.clock});
    house.drift->add_verbs(*house.keeper);
}

// Without it there is no memory, and everything else goes on.
void open_memory(House& house) {
    auto keys = MemoryKeys::open(house.places.state, house.keys->master().key, house.random);
    if (keys) {
        house.memory_keys = *std::move(keys);
        house.memory_keys->add_verbs(*house.keeper, *house.log);
        return;
    }
    house.memory_problem = keys.error().what;
    std::fprintf(stderr, "hardshell-keeper: no memory: %s\n", house.memory_problem.c_str());
}

// What finds out the facts of each action; the machine's places, for the keeper's own use.
gate::MachinePlaces open_questions(House& house, const std::string& config_folder) {
    const Places& places = house.places;
    gate::MachinePlaces machine;
    machine.home = places.home;
    machine.own_folders = {places.state, config_folder, places.programs};
    machine.roots = roots_of(house);
    machine.reader = places.programs + "/hardshell-reader";
    house.questions = std::make_unique<gate::Questions>(house.judge->tables(), house.settings,
                                                        *house.governance, house.clock, machine);
    house.skills = std::make_unique<gate::SkillBook>(
        skills::Store(places.state + "/skills",
                      gate::reviewer_files(house.settings, config_folder)),
        places.home, house.clock);
    house.questions->set_skills(house.skills.get());
    return machine;
}

// What was leased goes back when its sandbox ends, when the lockdown begins and when all stops.
Result<> open_stores(House& house) {
    house.stores = TRY(
        StoreDesk::open({house.settings,
                         house.places.state,
                         house.keys->master().key,
                         {*house.egress, house.ticket_key, house.clock, house.random, "store"}}));
    house.stores->serve(*house.keeper);
    house.lockdown->on_begin([&house] { house.stores->release_all(); });
    house.outlets.on_sandbox_end([&house](const std::string& nonce) { house.stores->end(nonce); });
    return {};
}

// Beside the gate: what people and the record ask of the keeper.
Result<> open_desks(House& house) {
    const Places& places = house.places;
    open_memory(house);
    TRY(open_desk(house));
    gate::add_plan_verbs(*house.keeper, {*house.plans, *house.log, house.clock, house.random});
    gate::add_skill_verbs(*house.keeper, *house.judge, *house.questions, *house.log);
    gate::add_mcp_verbs(*house.keeper, *house.mcp, *house.judge, *house.questions, *house.log,
                        house.clock);
    house.channels = std::make_unique<gate::ChannelDesk>(
        gate::ChannelDesk::Parts{house.clock, house.random, *house.log, *house.keeper,
                                 *house.governance},
        TRY(gate::channel_settings(house.settings)),
        TRY(gate::ChannelPeople::open(places.state + "/channel-people.json", house.clock,
                                      house.random)));
    house.channels->add_verbs();
    house.factors->add_verbs(*house.keeper, *house.log);
    open_lockdown(house);
    open_record_keeping(house);
    TRY(open_stores(house));
    house.vault = TRY(Vault::open(places.state, house.keys->master().key, house.settings,
                                  house.random, *house.stores));
    house.keys->add_verbs(*house.keeper, *house.log);
    house.vault->add_verbs(*house.keeper, *house.log, house.clock);
    house.vault->seal_when([&house] { return house.lockdown->is_on(); });
    house.vault->on_change([&house] { house.outlets.send_fingerprints(*house.vault); });
    return {};
}

Result<> open_gate(House& house) {
    const Places& places = house.places;
    const std::string config_folder = places.config_file.substr(0, places.config_file.rfind('/'));
    TRY(open_policy(house, config_folder));
    const gate::MachinePlaces machine = open_questions(house, config_folder);
    house.plans =
        std::make_unique<gate::PlanBook>(TRY(gate::PlanBook::open(places.state + "/plans.json")));
    house.questions->set_plans(house.plans.get());
    house.walls = std::make_unique<gate::ProvenWalls>(
        gate::ProvenWalls::open(places.state + "/unproven.json"));
    house.questions->set_walls(house.walls.get());
    house.connectors = gate::ConnectorBook::open(house.settings);
    house.mcp = std::make_unique<gate::McpBook>(
        TRY(gate::McpBook::open(places.state + "/mcp-accepted.json")));
    house.questions->set_mcp(&house.connectors, house.mcp.get());
    house.factors = std::make_unique<gate::SecondFactors>(TRY(
        gate::SecondFactors::open(places.state + "/second-factors",
                                  crypto::derive_key(house.keys->master().key, "second factors"),
                                  house.clock, house.random)));
    auto book = TRY(gate::ApprovalBook::open(places.state + "/approvals", house.clock.wall_ms()));
    for (const auto& problem : book.problems()) {
        std::fprintf(stderr, "hardshell-keeper: %s\n", problem.c_str());
    }
    house.ticket_key = crypto::SecretBytes::random(32, house.random);
    gate::Keeper::Parts parts{
        house.clock,
        house.random,
        *house.log,
        *house.blobs,
        *house.judge,
        *house.questions,
        *house.governance,
        house.settings,
        {"", places.home, machine.roots, {places.state, config_folder}, machine.reader, "", {}},
        house.ticket_key,
        [&house](const gate::Action& action, const std::string& decision,
                 base::WallTime_ms expiry_ms) {
            const auto* message = std::get_if<gate::SendMessage>(&action);
            if (message != nullptr) house.channels->note_connection(decision, *message);
            return envelope_for(house.settings, action, decision, expiry_ms);
        },
        [&house](const std::string& token) { return token_name(house.places, token); },
        egress::envelope_ticket_kind,
        base::make_id(house.clock, house.random),
        &sandbox_envelope_for,
        [&house](const gate::SecretAsk& ask) { return house.vault->bound_to(ask); },
        [&house] { return house.outlets.take_authority(); },
        [&house] { return house.vault->sandbox_names(); },
        [&house](const std::string& compartment, bool erases) -> Result<base::Bytes> {
            if (!house.memory_keys) return fail(Code::corrupt, house.memory_problem);
            return house.memory_keys->keys_for(compartment, erases);
        },
        house.skills.get(),
        house.plans.get(),
        house.walls.get(),
        house.names.get(),
        house.factors.get()};
    house.keeper = std::make_unique<gate::Keeper>(std::move(parts), std::move(book));
    house.keeper->add_verb(
        "compartment.open", gate::Keeper::Access::daemon_or_person,
        [&house](const gate::Sender& sender, const Json& arguments) -> Result<Json> {
            if (sender.kind != gate::Sender::Kind::daemon) {
                return fail(Code::denied, "only the daemon opens compartments");
            }
            return open_compartment(house, arguments);
        });
    return open_desks(house);
}

Result<> hand_out_key(House& house) {
    base::Bytes packed = egress::pack_ticket_key(
        {crypto::SecretBytes::copy_of(house.ticket_key.view()), house.keeper->generation()});
    TRY(house.outlets.send_name_servers(house.settings.texts("network.name_servers")));
    const auto kind = static_cast<std::uint16_t>(gate::ActorFrameKind::key);
    const auto to_launcher = house.launcher->send(0, kind, packed);
    const auto to_egress = house.egress->send(0, kind, packed);
    crypto::wipe(packed);
    TRY(to_launcher);
    TRY(to_egress);
    house.generation_told = house.keeper->generation();
    house.shipping->set_generation(house.generation_told);
    house.stores->set_generation(house.generation_told);
    return {};
}

// After a revocation the acting processes learn the new generation; older tickets are void.
Result<> tell_generation(House& house) {
    if (house.keeper->generation() == house.generation_told) return {};
    house.generation_told = house.keeper->generation();
    const base::Bytes packed = egress::pack_generation(house.generation_told);
    const auto kind = static_cast<std::uint16_t>(gate::ActorFrameKind::generation);
    TRY(house.launcher->send(0, kind, packed));
    TRY(house.egress->send(0, kind, packed));
    house.shipping->set_generation(house.generation_told);
    house.stores->set_generation(house.generation_told);
    return {};
}

Result<> open_doors(House& house) {
    const std::string run_folder = house.places.state + "/run";
    TRY(os::make_private_folder(run_folder));
    house.listener = TRY(os::listen_unix(run_folder + "/keeper.sock"));
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    house.signals = os::Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!house.signals) return os::fail_errno("watching signals", errno);
    return {};
}

void accept_person(House& house) {
    auto accepted = os::accept_connection(house.listener.get(), os::Deadline::after_ms(0), nullptr);
    if (!accepted || house.people.size() >= people_max) return;
    const auto peer = os::peer_of(accepted->get());
    if (!peer || peer->uid != ::geteuid()) return;
    house.people.push_back({gate::Sender::Kind::person, fmt::format("uid {}", peer->uid),
                            std::make_shared<os::Channel>(std::move(*accepted))});
}

void take_frame(House& house, const gate::Sender& from, os::Frame& frame) {
    const gate::Sender sender = house.lines.answered_at(from, frame);
    const auto taken = house.lines.take(from, frame);
    if (!taken) return gate::Keeper::send_failure(sender, frame.id, taken.error());
    if (*taken) return;
    if (house.keeper) {
        house.keeper->handle(sender, frame);
    } else {
        house.keys->handle_locked(sender, frame);
    }
}

// Reads what has arrived; false when the other end is gone.
bool take_frames(House& house, const gate::Sender& sender) {
    do {
        auto frame = sender.channel->receive(os::Deadline::after_ms(2000));
        if (!frame) return frame.error().code == Code::timed_out;
        take_frame(house, sender, *frame);
    } while (sender.channel->buffered());
    return true;
}

void note_sent(House& house, const Json& record) {
    const auto sandbox = wire::text_at_or(record, "sandbox", "");
    const auto bytes = wire::integer_at_or(record, "sent_bytes", 0);
    if (sandbox && bytes && !sandbox->empty()) house.keeper->note_sent(*sandbox, *bytes);
}

bool take_actor_frames(House& house, os::Channel& channel) {
    do {
        auto frame = channel.receive(os::Deadline::after_ms(2000));
        if (!frame) return frame.error().code == Code::timed_out;
        const bool from_launcher = &channel == house.launcher.get();
        if (from_launcher ? house.outlets.take_launcher_frame(*frame)
                          : house.outlets.take_egress_frame(*frame)) {
            continue;
        }
        switch (static_cast<gate::ActorFrameKind>(frame->kind)) {
            case gate::ActorFrameKind::secret:
                house.vault->answer(channel, *frame, {*house.log, *house.keeper, house.clock});
                break;
            case gate::ActorFrameKind::connection: {
                const auto record = wire::parse_json(base::text_of(frame->payload));
                audit::Event event(audit::EventKind::connection);
                if (record && record->object() != nullptr) {
                    note_sent(house, *record);
                    for (const auto& [key, value] : *record->object()) event.detail(key, value);
                }
                house.keeper->record(std::move(event));
                break;
            }
            case gate::ActorFrameKind::attested: {
                const auto told = wire::parse_json(base::text_of(frame->payload));
                if (told && !from_launcher) house.channels->take_attested(*told);
                break;
            }
            case gate::ActorFrameKind::key:
            case gate::ActorFrameKind::generation:
            case gate::ActorFrameKind::stop_all:
            case gate::ActorFrameKind::ready:
            case gate::ActorFrameKind::outlets:
            case gate::ActorFrameKind::outlets_end:
            case gate::ActorFrameKind::sandbox_open:
            case gate::ActorFrameKind::sandbox_close:
            case gate::ActorFrameKind::ask:
            case gate::ActorFrameKind::authorities:
            case gate::ActorFrameKind::more_authorities:
            case gate::ActorFrameKind::fingerprints:
            default:
                break;
        }
    } while (channel.buffered());
    return true;
}

void take_signal(House& house) {
    signalfd_siginfo info{};
    if (::read(house.signals.get(), &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGTERM) house.stopping = true;
}

Result<> serve_once(House& house, const gate::Sender& daemon) {
    // While the key is locked, what launcher and egress say waits; that they end does not.
    const short actors = house.keeper ? POLLIN : 0;
    std::vector<pollfd> items{
        {house.daemon->fd(), POLLIN, 0},  {house.launcher->fd(), actors, 0},
        {house.egress->fd(), actors, 0},  {house.listener.get(), POLLIN, 0},
        {house.signals.get(), POLLIN, 0}, {house.stores ? house.stores->news() : -1, POLLIN, 0}};
    const std::size_t people_from = items.size();
    for (const auto& person : house.people) items.push_back({person.channel->fd(), POLLIN, 0});
    const bool is_locking_down = house.lockdown && house.lockdown->begun();
    const int ready = ::poll(items.data(), items.size(), is_locking_down ? 50 : tick_ms);
    if (ready < 0 && errno != EINTR) return os::fail_errno("waiting for requests", errno);
    if (!house.keeper) {
        house.keys->tick();
    } else {
        house.keeper->tick();
        house.stores->take_finished();
        end_a_deaf_daemon(house);
    }
    if (ready <= 0) return {};
    if (items[4].revents != 0) take_signal(house);
    if (items[0].revents != 0 && !take_frames(house, daemon)) house.stopping = true;
    // When an acting process is gone, hardshelld starts everything anew; until then nothing acts.
    for (const auto& [item, actor] :
         {std::pair(1, house.launcher.get()), std::pair(2, house.egress.get())}) {
        if (items[item].revents == 0) continue;
        if (!house.keeper || !take_actor_frames(house, *actor)) house.stopping = true;
    }
    for (std::size_t i = house.people.size(); i > 0; --i) {
        if (items[people_from + i - 1].revents == 0) continue;
        if (!take_frames(house, house.people[i - 1])) {
            house.people.erase(house.people.begin() + static_cast<std::ptrdiff_t>(i - 1));
        }
    }
    if (items[3].revents != 0) accept_person(house);
    return house.keeper ? tell_generation(house) : Result<>();
}

Result<> start_event(House& house) {
    audit::Event event(audit::EventKind::process_start);
    event.set(audit::Field::process, "hardshell-keeper")
        .set(audit::Field::policy, house.settings.text("policy.preset"));
    event.detail("policy", house.judge->describe());
    house.keys->describe(event);
    event.detail("attestation", "attested by the requester's device");
    if (!house.judge->problem().empty()) event.set(audit::Field::reason, house.judge->problem());
    TRY(house.log->append_and_wait(event));
    return {};
}

Result<> work(House& house) {
    TRY(open_settings(house));
    TRY(os::make_private_folder(house.places.state));
    TRY(open_doors(house));
    house.daemon = std::make_shared<os::Channel>(os::Fd(3));
    house.launcher = std::make_shared<os::Channel>(os::Fd(4));
    house.egress = std::make_shared<os::Channel>(os::Fd(5));
    const gate::Sender daemon{gate::Sender::Kind::daemon, "hardshelld", house.daemon};
    house.keys = std::make_unique<KeyDesk>(house.places.state, house.random);
    TRY(house.keys->open());
    while (!house.stopping && !house.keys->is_open()) TRY(serve_once(house, daemon));
    if (!house.keys->is_open()) return {};
    TRY(open_record(house));
    TRY(open_gate(house));
    house.keeper->set_daemon(house.daemon);
    // A hardshelld that outlived the keeper before this one may not know; one that asks later does.
    if (house.lockdown->is_on()) house.keeper->tell_daemon(wire::JsonObject{{"lockdown", true}});
    house.outlets.open(*house.keeper, house.egress);
    house.outlets.send_fingerprints(*house.vault);
    TRY(hand_out_key(house));
    house.shipping->prepare();
    house.stores->start();
    // Before the first record of this start: a restored snapshot must not sign a second history.
    TRY(house.shipping->check_witnesses());
    TRY(start_event(house));
    house.shipping->start();
    TRY(house.drift->start());
    while (!house.stopping) TRY(serve_once(house, daemon));
    const auto stopped =
        house.log->append_and_wait(audit::Event(audit::EventKind::process_stop)
                                       .set(audit::Field::process, "hardshell-keeper"));
    house.drift->stop();
    house.stores->stop(0);
    house.shipping->stop();
    house.log->stop();
    TRY(stopped);
    return {};
}

}  // namespace

Result<> run(const Places& places) {
    House house(places);
    auto worked = work(house);
    // Said while the sockets are open: hardshelld, which sees them close, shows the reason.
    if (!worked) std::fprintf(stderr, "hardshell-keeper: %s\n", worked.error().what.c_str());
    return worked;
}

}  // namespace hs::keeping
