// ChannelDesk: the keeper's dealings with chat platforms: who an account is, cards for approvals,
// and answers to them.
//
// hardshelld has no verb to answer. An answer comes from egress, which has read it from the
// platform's own connection (egress/attest.h), and counts when the channel takes approvals, the
// account is bound to a person, and policy lets that person approve. Ids of answers are made here,
// for one approval and one channel, and are used once.
// What it does not protect from: a false card, which hardshelld could show. Threads: one thread.
#pragma once

#include <deque>
#include <map>

#include "audit/log.h"
#include "gate/channel_people.h"
#include "gate/channel_setting.h"
#include "gate/governance.h"
#include "gate/keeper.h"

namespace hs::gate {

class ChannelDesk {
  public:
    static constexpr std::size_t connections_max = 4'096;
    static constexpr std::size_t cards_max = 1'024;

    struct Parts {
        const base::Clock& clock;
        base::Random& random;
        audit::Log& log;
        Keeper& keeper;
        const Governance& governance;
    };
    ChannelDesk(const Parts& parts, std::vector<ChannelSetting> channels, ChannelPeople people)
        : parts_(parts), channels_(std::move(channels)), people_(std::move(people)) {}

    // channels.identify, .pairing, .card for hardshelld; .people for both; .pair, .unbind for a
    // person at the keeper's own socket.
    void add_verbs();
    const ChannelSetting* find(std::string_view channel) const;
    // Remembers which channel a permitted connection serves, where people's answers can come on it.
    void note_connection(const std::string& decision, const SendMessage& action);
    // What egress has read: {decision, platform, tenant, user, answer, code?}.
    void take_attested(const wire::Json& told);

  private:
    struct Answer {
        std::string approval;
        std::string channel;
        std::string twin;  // the other answer of the same card
        bool consent = false;
        base::WallTime_ms until_ms = 0;
    };
    base::Result<wire::Json> identify(const wire::Json& arguments);
    base::Result<wire::Json> pair(const Sender& sender, const wire::Json& arguments);
    base::Result<wire::Json> unbind(const Sender& sender, const wire::Json& arguments);
    base::Result<wire::Json> card(const wire::Json& arguments);
    base::Result<wire::Json> people() const;
    base::Result<std::string> count_answer(const ChannelAccount& account,
                                           const std::string& platform, const std::string& id,
                                           const std::string& code);
    // The organisation's directory first, then who was bound by a code.
    std::optional<std::string> person_of(const ChannelAccount& account) const;
    std::string make_answer(Answer answer);
    void forget_old();

    Parts parts_;
    std::vector<ChannelSetting> channels_;
    ChannelPeople people_;
    std::map<std::string, std::string> connections_;  // decision → channel
    std::deque<std::string> streams_;                 // decisions in their order
    std::deque<std::string> exchanges_;               // likewise
    std::map<std::string, Answer> answers_;
};

}  // namespace hs::gate
