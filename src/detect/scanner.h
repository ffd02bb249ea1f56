// Scanner: finds secrets, personal data and signs of injection in a stream of text, with bounded
// memory and in one pass.
//
// What it does not protect from: a secret that is longer than the look-ahead, encrypted, or of a
// shape that no rule knows. Findings are evidence, not proof.
// Threads: a Scanner belongs to one thread; scan() may be called by any.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "detect/finding.h"
#include "detect/window.h"

namespace hs::detect {

struct Options {
    Wanted wanted;
    double confidence_min = 0.4;
};

using Sink = std::function<void(const Finding&)>;

class Scanner {
  public:
    // Memory held at most: what is looked back on, one block, what is looked ahead.
    static constexpr std::size_t back_bytes = 8'192;
    static constexpr std::size_t block_bytes = 262'144;
    static constexpr std::size_t ahead_bytes = 73'728;

    Scanner(Options options, Sink sink) : options_(options), sink_(std::move(sink)) {}

    void feed(std::string_view text);
    void finish();

  private:
    friend std::vector<Finding> scan(std::string_view text, const Options& options);
    void process(std::string_view text, std::size_t from, std::size_t to);
    void emit(std::string_view text, const Span& span);
    // Counts lines up to a place of the present window.
    void count_to(std::string_view text, std::size_t place);

    Options options_;
    Sink sink_;
    DecodeBudget budget_;
    std::string held_;
    std::size_t done_ = 0;       // of held_: what was scanned
    std::uint64_t offset_ = 0;   // of held_'s first byte in the stream
    std::uint64_t settled_ = 0;  // in the stream: up to here findings were told
    std::uint64_t counted_ = 0;  // in the stream: lines are counted up to here
    std::uint64_t line_ = 1;
    std::uint64_t line_begin_ = 0;  // in the stream
};

// Of text that is in memory as a whole.
std::vector<Finding> scan(std::string_view text, const Options& options = {});

// How many kinds of secrets are known.
std::size_t secret_kinds();

}  // namespace hs::detect
