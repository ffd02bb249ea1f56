// Repository: a small real project in a temporary folder, with an index as git writes it, files
// that git does not know, and a file with credentials.
// Threads: one owner.
#pragma once

#include <string>

namespace hs::bench_workday {

class Repository {
  public:
    Repository();
    ~Repository();
    Repository(const Repository&) = delete;
    Repository& operator=(const Repository&) = delete;

    const std::string& home() const { return home_; }
    const std::string& project() const { return project_; }

  private:
    std::string home_;
    std::string project_;
};

}  // namespace hs::bench_workday
