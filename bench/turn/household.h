// A Hardshell of its own in a temporary folder, started for the benchmark and ended with it.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hs::bench {

struct Cost {
    double cpu_ms = 0;  // of all its processes since they began
    std::map<std::string, double> cpu_ms_by_name;
    std::map<std::string, double> waits_by_name;  // how often a thread went to sleep
    double pss_mib = 0;
    double rss_mib = 0;
};

class Household {
  public:
    // `programs` holds hardshell and hardshelld; the model listens on loopback.
    Household(std::string programs, std::uint16_t model_port);
    ~Household();
    Household(const Household&) = delete;
    Household& operator=(const Household&) = delete;

    std::uint16_t port() const { return port_; }
    const std::string& token() const { return token_; }
    double ready_ms() const { return ready_ms_; }
    Cost cost() const;

  private:
    int run(const std::vector<std::string>& words, std::string* output) const;
    void write_config(std::uint16_t model_port) const;
    void start();

    std::string programs_;
    std::string folder_;
    std::string token_;
    std::uint16_t port_ = 0;
    int daemon_ = -1;
    double ready_ms_ = 0;
};

}  // namespace hs::bench
