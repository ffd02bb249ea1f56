// What every chat platform comes down to: messages that come in with the platform's own word on who
// wrote them, and messages, cards and notes that go out.
//
// What it does not protect from: nothing is checked here; channels/desk.h decides whom to hear.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/label.h"

namespace hs::channels {

inline constexpr std::size_t message_bytes_max = std::size_t{100} << 10U;

// Who wrote, as the platform vouches. A display name is never here: it proves nothing.
struct Account {
    std::string tenant;  // Slack's team; empty where user ids are the platform's own
    std::string user;
    bool operator==(const Account&) const = default;
};

// Where something is said.
struct Spot {
    std::string conversation;  // the platform's id of a channel, group or direct talk
    std::string thread;        // within it; empty: none
    bool operator==(const Spot&) const = default;
};

struct Incoming {
    std::string id;  // the platform's, unique in the channel: a repetition has the same
    Account from;
    Spot spot;
    std::string text;
    bool is_direct = false;     // between this account and the assistant alone
    bool is_named = false;      // it names the assistant, or is an answer to it
    bool is_shared = false;     // others than the tenant's members can read and write there
    bool is_passed_on = false;  // words of somebody else, forwarded
    std::int64_t files = 0;     // attached; not read
    // A webhook begins this schedule; the text is a stranger's and comes on top of its own.
    std::string schedule = {};
};

struct Outgoing {
    Spot spot;
    std::string text;  // Markdown
    std::string key;   // ours: the platform tells by it whether the message was sent before
    // Of what the text may hold: what was seen by whoever wrote it.
    flow::Label label = flow::Label::unknown();
};

// An approval that waits: the keeper's text, and opaque ids for the two answers.
struct Card {
    Spot spot;
    std::string approval;
    std::string text;
    std::string decision;
    std::string who;  // who may approve, in words; empty: unknown
    std::string approve;
    std::string deny;
    base::WallTime_ms expiry_ms = 0;
    flow::Label label = flow::Label::unknown();
};

// A message of ours at its platform.
struct Posted {
    Spot spot;
    std::string id;
    flow::Label label = flow::Label::unknown();
};

// How a message went out.
struct Sent {
    enum class How : std::uint8_t {
        sent,
        later,    // the platform asks to wait
        unsure,   // the connection broke off: it may have arrived
        refused,  // it will never be taken
    };
    How how = How::sent;
    std::string id;            // where it was sent
    std::int64_t wait_ms = 0;  // later: at least so long
    std::string what;          // where it was not
};

}  // namespace hs::channels
