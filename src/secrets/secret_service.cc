#include "secrets/secret_service.h"

#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <cerrno>
#include <cstring>

#include "crypto/secret_exchange.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/wait.h"

namespace hs::secrets {

using base::ByteView;
using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

constexpr const char* service = "org.freedesktop.secrets";
constexpr const char* root = "/org/freedesktop/secrets";
constexpr const char* service_interface = "org.freedesktop.Secret.Service";
constexpr const char* collection_interface = "org.freedesktop.Secret.Collection";
constexpr const char* prompt_interface = "org.freedesktop.Secret.Prompt";
constexpr const char* item_interface = "org.freedesktop.Secret.Item";
constexpr std::size_t items_max = 64;

struct BusEnd {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Message = std::unique_ptr<sd_bus_message, BusEnd>;

struct BusError {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    BusError() = default;
    ~BusError() { sd_bus_error_free(&error); }
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    bool is(std::string_view name) const { return error.name != nullptr && error.name == name; }
    bool begins(std::string_view name) const {
        return error.name != nullptr && std::string_view(error.name).starts_with(name);
    }
};

Failure wrong_type() {
    return fail(Code::corrupt, "the Secret Service answered with a wrong type");
}

// The service's own words stay out: they may name what it holds.
Failure failure_of(int number, const BusError& error) {
    if (error.is("org.freedesktop.Secret.Error.IsLocked")) {
        return fail(Code::conflict, "the keyring of the Secret Service is locked");
    }
    if (error.is("org.freedesktop.Secret.Error.NoSuchObject") ||
        error.is("org.freedesktop.DBus.Error.UnknownObject") ||
        error.is("org.freedesktop.DBus.Error.UnknownMethod")) {
        return fail(Code::not_found, "the Secret Service has no such item");
    }
    if (error.is("org.freedesktop.DBus.Error.ServiceUnknown") ||
        error.is("org.freedesktop.DBus.Error.NameHasNoOwner") ||
        error.begins("org.freedesktop.DBus.Error.Spawn.")) {
        return fail(Code::not_found, "no Secret Service answers on the session bus");
    }
    if (number == -ETIMEDOUT || error.is("org.freedesktop.DBus.Error.NoReply") ||
        error.is("org.freedesktop.DBus.Error.TimedOut")) {
        return fail(Code::timed_out, fmt::format("the Secret Service did not answer within {} s",
                                                 SecretService::call_patience_ms / 1000));
    }
    if (number == -ENXIO || number == -EBADMSG || error.is(SD_BUS_ERROR_INVALID_ARGS)) {
        return wrong_type();
    }
    return fail(Code::io, fmt::format("the Secret Service cannot be used: {}",
                                      error.error.name != nullptr ? error.error.name
                                                                  : std::strerror(-number)));
}

// A negative number of sd-bus as a failure.
Result<> check(int number) {
    if (number >= 0) return {};
    return failure_of(number, BusError());
}

// True when there was something to read.
Result<bool> had(int number) {
    TRY(check(number));
    return number > 0;
}

}  // namespace

struct SecretService::Link {
    std::unique_ptr<sd_bus, BusEnd> bus;
    base::Random* random = nullptr;
    std::string session;
    crypto::SecretBytes key;  // empty in a plain session

    Result<Message> begin(const char* path, const char* interface, const char* method) const;
    Result<Message> call(const Message& message, std::int64_t patience_ms = call_patience_ms) const;
    Result<> await_bus() const;
    Result<std::string> default_collection() const;
    Result<> open_session();
    Result<bool> try_encrypted();
    Result<std::vector<std::string>> unlocked_items(const Attributes& attributes) const;
    Result<> run_prompt(const std::string& path, std::int64_t patience_ms) const;
    Result<> append_secret(const Message& message, ByteView value) const;
    Result<crypto::SecretBytes> read_secret(const Message& answer) const;
};

Result<Message> SecretService::Link::begin(const char* path, const char* interface,
                                           const char* method) const {
    sd_bus_message* made = nullptr;
    TRY(check(sd_bus_message_new_method_call(bus.get(), &made, service, path, interface, method)));
    return Message(made);
}

Result<Message> SecretService::Link::call(const Message& message, std::int64_t patience_ms) const {
    BusError error;
    sd_bus_message* answer = nullptr;
    const int done =
        sd_bus_call(bus.get(), message.get(), static_cast<std::uint64_t>(patience_ms) * 1000,
                    &error.error, &answer);
    if (done < 0) return failure_of(done, error);
    return Message(answer);
}

namespace {

Result<std::string> read_path(const Message& message) {
    const char* path = nullptr;
    if (sd_bus_message_read_basic(message.get(), 'o', &path) <= 0) return wrong_type();
    return std::string(path);
}

Result<std::vector<std::string>> read_paths(const Message& message) {
    std::vector<std::string> paths;
    if (sd_bus_message_enter_container(message.get(), 'a', "o") <= 0) return wrong_type();
    const char* path = nullptr;
    while (TRY(had(sd_bus_message_read_basic(message.get(), 'o', &path)))) {
        if (paths.size() < items_max) paths.emplace_back(path);
    }
    TRY(check(sd_bus_message_exit_container(message.get())));
    return paths;
}

Result<> append_attributes(const Message& message, const Attributes& attributes) {
    TRY(check(sd_bus_message_open_container(message.get(), 'a', "{ss}")));
    for (const auto& [key, value] : attributes) {
        TRY(check(sd_bus_message_append(message.get(), "{ss}", key.c_str(), value.c_str())));
    }
    return check(sd_bus_message_close_container(message.get()));
}

Result<ByteView> read_bytes(const Message& message) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_read_array(message.get(), 'y', &data, &size) < 0) return wrong_type();
    return ByteView(static_cast<const std::uint8_t*>(data), size);
}

}  // namespace

// A call waits for the bus's greeting however long that takes; so it is awaited here.
Result<> SecretService::Link::await_bus() const {
    const os::Deadline deadline = os::Deadline::after_ms(call_patience_ms);
    for (;;) {
        const int ready = sd_bus_is_ready(bus.get());
        TRY(check(ready));
        if (ready > 0) return {};
        const int done = sd_bus_process(bus.get(), nullptr);
        TRY(check(done));
        if (deadline.passed()) return fail(Code::timed_out, "the session bus does not answer");
        if (done == 0) TRY(check(sd_bus_wait(bus.get(), 100'000)));
    }
}

Result<std::string> SecretService::Link::default_collection() const {
    const auto message = TRY(begin(root, service_interface, "ReadAlias"));
    TRY(check(sd_bus_message_append(message.get(), "s", "default")));
    auto path = TRY(read_path(TRY(call(message))));
    if (path != "/") return path;
    return fail(Code::not_found, "the Secret Service has no default keyring");
}

// False when the service does not know the encrypted session.
Result<bool> SecretService::Link::try_encrypted() {
    const auto exchange = crypto::SecretExchange::begin(*random);
    const auto& value = exchange.public_value();
    const auto message = TRY(begin(root, service_interface, "OpenSession"));
    TRY(check(sd_bus_message_append(message.get(), "s", crypto::SecretExchange::name.data())));
    TRY(check(sd_bus_message_open_container(message.get(), 'v', "ay")));
    TRY(check(sd_bus_message_append_array(message.get(), 'y', value.data(), value.size())));
    TRY(check(sd_bus_message_close_container(message.get())));
    BusError error;
    sd_bus_message* raw = nullptr;
    const int done =
        sd_bus_call(bus.get(), message.get(), call_patience_ms * 1000, &error.error, &raw);
    const Message answer(raw);
    if (error.is("org.freedesktop.DBus.Error.NotSupported")) return false;
    if (done < 0) return failure_of(done, error);
    if (sd_bus_message_enter_container(answer.get(), 'v', "ay") <= 0) return wrong_type();
    key = TRY(exchange.agree(TRY(read_bytes(answer))));
    TRY(check(sd_bus_message_exit_container(answer.get())));
    session = TRY(read_path(answer));
    return true;
}

Result<> SecretService::Link::open_session() {
    if (TRY(try_encrypted())) return {};
    const auto message = TRY(begin(root, service_interface, "OpenSession"));
    TRY(check(sd_bus_message_append(message.get(), "sv", "plain", "s", "")));
    const auto answer = TRY(call(message));
    TRY(check(sd_bus_message_skip(answer.get(), "v")));
    session = TRY(read_path(answer));
    return {};
}

// conflict when only locked ones have these attributes.
Result<std::vector<std::string>> SecretService::Link::unlocked_items(
    const Attributes& attributes) const {
    const auto message = TRY(begin(root, service_interface, "SearchItems"));
    TRY(append_attributes(message, attributes));
    const auto answer = TRY(call(message));
    auto unlocked = TRY(read_paths(answer));
    const auto locked = TRY(read_paths(answer));
    if (!unlocked.empty()) return unlocked;
    if (!locked.empty()) return fail(Code::conflict, "the keyring of the Secret Service is locked");
    return fail(Code::not_found, "the Secret Service has no such item");
}

namespace {

struct PromptEnd {
    bool done = false;
    bool dismissed = false;
};

int take_completed(sd_bus_message* message, void* data, sd_bus_error*) {
    auto* end = static_cast<PromptEnd*>(data);
    int dismissed = 1;
    if (sd_bus_message_read_basic(message, 'b', &dismissed) <= 0) dismissed = 1;
    end->done = true;
    end->dismissed = dismissed != 0;
    return 0;
}

}  // namespace

Result<> SecretService::Link::run_prompt(const std::string& path, std::int64_t patience_ms) const {
    if (path == "/") return {};
    PromptEnd end;
    sd_bus_slot* raw = nullptr;
    TRY(check(sd_bus_match_signal(bus.get(), &raw, service, path.c_str(), prompt_interface,
                                  "Completed", take_completed, &end)));
    const std::unique_ptr<sd_bus_slot, BusEnd> slot(raw);
    const auto message = TRY(begin(path.c_str(), prompt_interface, "Prompt"));
    TRY(check(sd_bus_message_append(message.get(), "s", "")));
    TRY(call(message));
    const os::Deadline deadline = os::Deadline::after_ms(patience_ms);
    while (!end.done) {
        const int done = sd_bus_process(bus.get(), nullptr);
        TRY(check(done));
        if (done > 0) continue;
        if (deadline.passed()) {
            return fail(Code::timed_out, "nobody answered the keyring's prompt in time");
        }
        TRY(check(sd_bus_wait(bus.get(), 200'000)));
    }
    if (!end.dismissed) return {};
    return fail(Code::cancelled, "the keyring's prompt was dismissed, or nothing here can show it");
}

// (session, parameters, value, content type)
Result<> SecretService::Link::append_secret(const Message& message, ByteView value) const {
    crypto::CbcSealed sealed;
    if (!key.empty()) sealed = crypto::cbc_seal(key, value, *random);
    const ByteView sent = key.empty() ? value : ByteView(sealed.cipher);
    TRY(check(sd_bus_message_sensitive(message.get())));
    TRY(check(sd_bus_message_open_container(message.get(), 'r', "oayays")));
    TRY(check(sd_bus_message_append_basic(message.get(), 'o', session.c_str())));
    TRY(check(sd_bus_message_append_array(message.get(), 'y', sealed.vector.data(),
                                          sealed.vector.size())));
    TRY(check(sd_bus_message_append_array(message.get(), 'y', sent.data(), sent.size())));
    TRY(check(sd_bus_message_append_basic(message.get(), 's', "text/plain")));
    return check(sd_bus_message_close_container(message.get()));
}

Result<crypto::SecretBytes> SecretService::Link::read_secret(const Message& answer) const {
    static_cast<void>(sd_bus_message_sensitive(answer.get()));
    if (sd_bus_message_enter_container(answer.get(), 'r', "oayays") <= 0) return wrong_type();
    if (TRY(read_path(answer)) != session) return wrong_type();
    const ByteView vector = TRY(read_bytes(answer));
    const ByteView value = TRY(read_bytes(answer));
    if (value.size() > value_bytes_max) {
        return fail(Code::exhausted, "the Secret Service holds a value that is too large");
    }
    if (key.empty()) return crypto::SecretBytes::copy_of(value);
    return crypto::cbc_open(key, vector, value);
}

SecretService::SecretService(std::unique_ptr<Link> link) : link_(std::move(link)) {}
SecretService::SecretService(SecretService&&) noexcept = default;
SecretService& SecretService::operator=(SecretService&&) noexcept = default;
SecretService::~SecretService() = default;

Result<SecretService> SecretService::connect(const std::string& address, Activate activate,
                                             base::Random& random) {
    if (address.empty()) return fail(Code::not_found, "there is no session bus here");
    // An address may also name a program to start, or a host.
    if (!address.starts_with("unix:") || address.find(';') != std::string::npos) {
        return fail(Code::denied, "the session bus is not at one unix socket");
    }
    auto link = std::make_unique<Link>();
    link->random = &random;
    sd_bus* raw = nullptr;
    TRY(check(sd_bus_new(&raw)));
    link->bus.reset(raw);
    TRY(check(sd_bus_set_address(raw, address.c_str())));
    TRY(check(sd_bus_set_bus_client(raw, 1)));
    if (const int started = sd_bus_start(raw); started < 0) {
        return fail(Code::io,
                    fmt::format("the session bus cannot be reached: {}", std::strerror(-started)));
    }
    TRY(link->await_bus());
    if (activate == Activate::no) {
        BusError error;
        sd_bus_message* answer = nullptr;
        const int owned = sd_bus_call_method(raw, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                             "org.freedesktop.DBus", "GetNameOwner", &error.error,
                                             &answer, "s", service);
        const Message held(answer);
        if (owned < 0) return failure_of(owned, error);
    }
    TRY(link->open_session());
    return SecretService(std::move(link));
}

bool SecretService::is_encrypted() const {
    return !link_->key.empty();
}

Result<bool> SecretService::is_unlocked() {
    const std::string collection = TRY(link_->default_collection());
    BusError error;
    int locked = 1;
    const int done =
        sd_bus_get_property_trivial(link_->bus.get(), service, collection.c_str(),
                                    collection_interface, "Locked", &error.error, 'b', &locked);
    if (done < 0) return failure_of(done, error);
    return locked == 0;
}

Result<> SecretService::unlock(std::int64_t patience_ms) {
    const std::string collection = TRY(link_->default_collection());
    const auto message = TRY(link_->begin(root, service_interface, "Unlock"));
    TRY(check(sd_bus_message_append(message.get(), "ao", 1, collection.c_str())));
    const auto answer = TRY(link_->call(message));
    TRY(read_paths(answer));
    return link_->run_prompt(TRY(read_path(answer)), patience_ms);
}

Result<crypto::SecretBytes> SecretService::read(const Attributes& attributes) {
    const auto items = TRY(link_->unlocked_items(attributes));
    const auto message = TRY(link_->begin(items.front().c_str(), item_interface, "GetSecret"));
    TRY(check(sd_bus_message_append(message.get(), "o", link_->session.c_str())));
    return link_->read_secret(TRY(link_->call(message)));
}

Result<> SecretService::store(const std::string& label, const Attributes& attributes,
                              ByteView value) {
    const std::string collection = TRY(link_->default_collection());
    const auto message = TRY(link_->begin(collection.c_str(), collection_interface, "CreateItem"));
    sd_bus_message* raw = message.get();
    TRY(check(sd_bus_message_open_container(raw, 'a', "{sv}")));
    TRY(check(sd_bus_message_append(raw, "{sv}", "org.freedesktop.Secret.Item.Label", "s",
                                    label.c_str())));
    TRY(check(sd_bus_message_open_container(raw, 'e', "sv")));
    TRY(check(sd_bus_message_append_basic(raw, 's', "org.freedesktop.Secret.Item.Attributes")));
    TRY(check(sd_bus_message_open_container(raw, 'v', "a{ss}")));
    TRY(append_attributes(message, attributes));
    TRY(check(sd_bus_message_close_container(raw)));
    TRY(check(sd_bus_message_close_container(raw)));
    TRY(check(sd_bus_message_close_container(raw)));
    TRY(link_->append_secret(message, value));
    const int replace = 1;
    TRY(check(sd_bus_message_append_basic(raw, 'b', &replace)));
    const auto answer = TRY(link_->call(message));
    const std::string item = TRY(read_path(answer));
    if (item == "/") return fail(Code::conflict, "the keyring of the Secret Service is locked");
    return {};
}

Result<> SecretService::remove(const Attributes& attributes) {
    for (const std::string& item : TRY(link_->unlocked_items(attributes))) {
        const auto message = TRY(link_->begin(item.c_str(), item_interface, "Delete"));
        TRY(link_->call(message));
    }
    return {};
}

std::string session_bus_address() {
    if (auto given = os::environment("DBUS_SESSION_BUS_ADDRESS")) return *given;
    const auto folder = os::environment("XDG_RUNTIME_DIR");
    if (!folder) return "";
    const auto facts = os::facts_of_path(*folder + "/bus");
    return facts && facts->kind == os::FileFacts::Kind::other ? "unix:path=" + *folder + "/bus"
                                                              : "";
}

namespace {

Attributes key_item(const std::string& id) {
    return {{"application", "hardshell"}, {"purpose", "master key"}, {"key", id}};
}

constexpr const char* key_label = "Hardshell: the key of its sealed state";

}  // namespace

Result<SecretService> SessionKeyring::connect(SecretService::Activate activate) {
    return SecretService::connect(address_, activate, random_);
}

bool SessionKeyring::usable() {
    auto service_here = connect(SecretService::Activate::no);
    if (!service_here) return false;
    const auto unlocked = service_here->is_unlocked();
    return unlocked && *unlocked;
}

Result<crypto::SecretBytes> SessionKeyring::read(const std::string& id) {
    return TRY(connect(SecretService::Activate::yes)).read(key_item(id));
}

Result<> SessionKeyring::store(const std::string& id, ByteView value) {
    return TRY(connect(SecretService::Activate::yes)).store(key_label, key_item(id), value);
}

Result<> SessionKeyring::remove(const std::string& id) {
    return TRY(connect(SecretService::Activate::yes)).remove(key_item(id));
}

Result<> SessionKeyring::unlock(std::int64_t patience_ms) {
    return TRY(connect(SecretService::Activate::yes)).unlock(patience_ms);
}

}  // namespace hs::secrets
