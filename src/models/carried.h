// Carried: what a request takes to a provider, piece by piece, in the terms of the record.
//
// What it is for: parts_of() takes a request apart before it is redacted; SentBook gives each piece
// a number, so that a conversation that is sent again with every call is described once.
// What it does not protect from: a part whose sources nobody has told; it counts as what its role
// says. Tool specifications and the frame of the request are not told; its bytes count them.
// Threads: parts_of is pure; a SentBook is used from any thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "gate/carried.h"
#include "models/chat.h"

namespace hs::models {

CarriedParts parts_of(const ChatRequest& request);

// Sources for a text that was made of several parts: all of theirs.
Origin origin_of_all(const std::vector<Message>& messages, std::size_t end);

// A text's sources; the whole text where none are given.
Origin make_origin(std::vector<flow::Source> sources, const flow::DataClasses& classes,
                   std::string_view text);

// Pieces that are known to hold values of a class, and in which nothing of it was replaced. Where
// one text is of several sources, one replaced value speaks for one of them.
struct LeftOver {
    std::int64_t credential_pieces = 0;
    std::int64_t personal_pieces = 0;
};
LeftOver left_over(const CarriedParts& parts, const Redacted& redacted);

class SentBook {
  public:
    static constexpr std::size_t sessions_max = 64;

    // Both outlive this.
    SentBook(const base::Clock& clock, base::Random& random) : clock_(clock), random_(random) {}

    gate::Carried take(const std::string& session, const CarriedParts& parts,
                       const Redacted& redacted);
    // What was taken last has no record: the next call describes everything anew.
    void forget(const std::string& session);

  private:
    struct Series {
        std::string session;
        std::string id;
        std::map<std::string, std::int64_t> numbers;  // by everything that tells pieces apart
    };
    using Numbers = std::map<std::pair<int, int>, std::vector<std::int64_t>>;  // by place
    static gate::Carried number(Series& series, const CarriedParts& parts, Numbers& numbers);
    Series& series_of(std::list<Series>& all, const std::string& session);
    void begin(Series& series);

    const base::Clock& clock_;
    base::Random& random_;
    base::Guarded<std::list<Series>> series_;  // the latest first
};

}  // namespace hs::models
