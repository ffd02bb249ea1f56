// Passage: a channel's way out: every exchange and stream with its platform is an action that the
// gate decides and records, and egress carries out.
//
// What it is for: platforms speak HTTP and WebSocket through here and know no credential.
// What it does not protect from: what is said; it goes where the platform puts it.
// Threads: all functions from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "channels/message.h"
#include "egress/client.h"
#include "egress/messages.h"
#include "gate/channel_setting.h"
#include "gate/gate.h"
#include "wire/json.h"
#include "wire/url.h"

namespace hs::channels {

struct WebAnswer {
    int status = 0;
    std::int64_t retry_ms = 0;  // Retry-After, where there is one
    std::string body;
};

struct WebRequest {
    std::string purpose;       // a word for the record
    std::string conversation;  // where it is said; empty: to the platform itself
    std::string method = "POST";
    std::string path;  // behind the base address
    std::string content_type;
    std::string body;
    std::string credential = "credential";       // or "app_credential", or empty
    flow::Label label = flow::Label::unknown();  // of what is said
    std::int64_t wait_ms = 30'000;
};

struct MailAnswer {
    int code = 0;  // of SMTP; 0: the server may have the mail
    std::string text;
};

class Passage {
  public:
    using EgressNow = std::function<std::shared_ptr<egress::EgressClient>()>;

    // The gate outlives this. `owner` is the person whose installation this is.
    Passage(gate::Gate& gate, EgressNow egress, gate::ChannelSetting setting, std::string owner,
            std::string space)
        : gate_(gate),
          egress_(std::move(egress)),
          setting_(std::move(setting)),
          owner_(std::move(owner)),
          space_(std::move(space)) {}

    const gate::ChannelSetting& setting() const { return setting_; }
    // denied when policy refuses or would ask; io and timed_out when it may or may not have
    // arrived.
    base::Result<WebAnswer> exchange(const WebRequest& request, const os::WakeUp* stop);
    // A WebSocket at a URL with the scheme ws or wss.
    base::Result<std::unique_ptr<egress::MessageLine>> open(const std::string& url,
                                                            const std::string& credential,
                                                            const os::WakeUp* stop);
    // The line on which mail comes in, not logged in yet.
    base::Result<std::unique_ptr<egress::MessageLine>> open_imap(const os::WakeUp* stop);
    // Who has sent the mail, as egress has found out: {from, message_id, date_s}. denied: nobody
    // that is proven. io, timed_out: it could not be found out now.
    base::Result<wire::Json> check_letter(std::string_view letter, const std::string& domain,
                                          const os::WakeUp* stop);
    // Hands the mail to our server for that address; its answer (egress/submission.h).
    base::Result<MailAnswer> submit(const std::string& to, std::string_view letter,
                                    const flow::Label& label, const os::WakeUp* stop);
    // The channel's own listener (egress/hook_listener.h), at its listen_port.
    base::Result<std::unique_ptr<egress::MessageLine>> listen(const os::WakeUp* stop);

  private:
    base::Result<std::unique_ptr<egress::MessageLine>> open_line(const gate::SendMessage& action,
                                                                 const os::WakeUp* stop);
    base::Result<wire::Json> hand_over(const gate::SendMessage& action, std::string_view letter,
                                       const flow::Label& label, const os::WakeUp* stop);
    base::Result<gate::Permit<gate::SendMessage>> permit(
        const gate::SendMessage& action, const flow::Label& label = flow::Label::unknown());

    gate::Gate& gate_;
    EgressNow egress_;
    gate::ChannelSetting setting_;
    std::string owner_;
    std::string space_;
};

}  // namespace hs::channels
