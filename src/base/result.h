// Result<T>: a value or the reason why there is none, and the ways to hand a failure on.
//
// What it is for: every operation that can fail for a reason outside the program's own logic.
// A broken invariant is not such a reason: that is CHECK, which aborts in every build.
// What it does not protect from: a caller that reads the text of an Error to decide. Branch on
// the Code; the text is for people and must never hold a secret.
// Threads: values; share them like any value.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace hs::base {

enum class Code : std::uint8_t {
    invalid_input,  // the caller gave something malformed; trying again will not help
    not_found,
    denied,     // policy, permission or a missing permit
    conflict,   // somebody else was first, or the state does not allow it now
    exhausted,  // a limit, a budget, memory or disk
    timed_out,
    cancelled,
    io,       // the operating system or a peer failed
    corrupt,  // stored or received bytes are not what was written
};

std::string_view code_name(Code code);

// Where a failure was made: file and line of the call.
struct Place {
    const char* file = "";
    int line = 0;
    static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        return Place{file, line};
    }
};

struct Error {
    Code code = Code::io;
    std::string what;  // one sentence for a person: what was expected and what to do
    Place where;
};

// What fail() returns; every Result converts from it.
struct [[nodiscard]] Failure {
    Error error;
};

[[nodiscard]] inline Failure fail(Code code, std::string what, Place where = Place::here()) {
    return Failure{Error{code, std::move(what), where}};
}

struct Done {};

[[noreturn]] inline void check_failed(const char* condition, Place where) {
    std::fprintf(stderr, "hardshell: broken invariant: %s at %s:%d\n", condition, where.file,
                 where.line);
    std::abort();
}

template <class T = Done>
class [[nodiscard]] Result {
  public:
    Result() requires std::is_same_v<T, Done> : state_(Done{}) {}
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
    Result(Failure failure)                                                // NOLINT: implicit
        : state_(std::in_place_index<1>, std::move(failure.error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    bool ok() const { return state_.index() == 0; }

    T& value() & {
        require_value();
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        require_value();
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        require_value();
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const {
        if (state_.index() != 1)
            check_failed("error() of a Result that holds a value", Place::here());
        return *std::get_if<1>(&state_);
    }
    Failure failure() && { return Failure{error()}; }
    Failure failure() const& { return Failure{error()}; }

  private:
    void require_value() const {
        if (state_.index() == 0) return;
        const Error& held = *std::get_if<1>(&state_);
        std::fprintf(stderr, "hardshell: value() of a failed Result: %s\n", held.what.c_str());
        check_failed("value() of a failed Result", held.where);
    }

    std::variant<T, Error> state_;
};

}  // namespace hs::base

// Always on. An invariant that does not hold means that the program is wrong: stop at once.
#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) ::hs::base::check_failed(#condition, ::hs::base::Place::here()); \
    } while (false)

#define HS_CONCAT_INNER(a, b) a##b
#define HS_CONCAT(a, b) HS_CONCAT_INNER(a, b)

#define HS_TRY(result, expression)                       \
    __extension__({                                      \
        auto&& result = (expression);                    \
        if (!result) return std::move(result).failure(); \
        *std::move(result);                              \
    })

// Yields the value of a Result, or returns its failure from the enclosing function.
#define TRY(expression) HS_TRY(HS_CONCAT(hs_try_, __COUNTER__), expression)
