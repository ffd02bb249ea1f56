// KeeperLink: egress's own line to the keeper: the ticket key and revocations come in, questions
// for a secret's value and records of connections go out.
//
// What it does not protect from: a keeper that is gone. run() then returns and the process ends:
// without a keeper nothing may leave.
// Threads: run() on one thread; everything else from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "egress/admission.h"
#include "egress/frames.h"
#include "gate/connection.h"
#include "os/channel.h"
#include "wire/json.h"

namespace hs::egress {

// What the keeper tells about sandboxes; called on the link's own thread.
class SandboxOrders {
  public:
    virtual ~SandboxOrders() = default;
    virtual void open(const gate::SandboxOrder& order, std::vector<os::Fd> listeners) = 0;
    virtual void close(const std::string& sandbox) = 0;
    // What was decided holds no more: what runs is cut and asked for anew.
    virtual void cut() = 0;
    virtual void more_authorities() = 0;
    virtual void take_fingerprints(base::ByteView packed) = 0;
};

class KeeperLink {
  public:
    static constexpr std::size_t questions_max = 1'024;
    static constexpr std::size_t news_max = 1'024;

    // What the keeper asks for itself: a stream for HTTP, a tunnel, a TLS identity, other
    // name servers.
    struct Requests {
        std::function<void(os::Fd)> connect;
        std::function<void(std::string permit, os::Fd)> tunnel;
        std::function<void(const NamedIdentity&)> identity;
        std::function<void(const std::string&)> name_servers;
    };

    KeeperLink(os::Channel& channel, Admission& admission, Requests requests = {})
        : channel_(channel), admission_(admission), requests_(std::move(requests)) {}

    // Before run(). Without it sandboxes have no way out.
    void set_orders(SandboxOrders& orders) { orders_ = &orders; }

    // Receives until the keeper is gone or the wake-up is raised, then stops all that runs.
    void run(const os::WakeUp& stop);

    // The value for one use. denied with the keeper's reason; timed_out; cancelled when the
    // exchange's wake-up is raised.
    base::Result<crypto::SecretBytes> ask_secret(const SecretQuestion& question,
                                                 os::Deadline deadline, const os::WakeUp& stop);
    // The keeper's word on a connection of a sandbox.
    base::Result<gate::ConnectionAnswer> ask_connection(const gate::ConnectionAsk& ask,
                                                        os::Deadline deadline,
                                                        const os::WakeUp& stop);
    // How an approval was answered: "approved", "denied", "expired". timed_out when it was not.
    base::Result<std::string> await_approval(const std::string& approval, os::Deadline deadline,
                                             const os::WakeUp& stop);
    base::Result<> send_authorities(const wire::Json& authorities);
    // Tells what a person has answered on a chat platform (egress/attest.h).
    void tell_attested(const wire::Json& answer);
    // Tells what became of a connection.
    void record(const wire::Json& connection);

  private:
    void take(os::Frame frame);
    void take_sandbox_frame(os::Frame& frame);
    void take_answer(os::Frame& frame);
    void take_news(const os::Frame& frame);
    void take_request(os::Frame& frame);
    void give_up();
    base::Result<os::Frame> exchange(std::uint16_t kind, base::ByteView payload,
                                     os::Deadline deadline, const os::WakeUp& stop);

    os::Channel& channel_;
    Admission& admission_;
    const Requests requests_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::map<std::uint64_t, std::optional<os::Frame>> questions_;
    std::map<std::string, std::string> news_;  // approval → outcome
    SandboxOrders* orders_ = nullptr;
    std::uint64_t next_id_ = 1;
    bool gone_ = false;
};

}  // namespace hs::egress
