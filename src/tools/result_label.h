// Result labels: who could have written what a tool returns, and what it may tell.
//
// What it does not protect from: text of a stranger that a person or a command has added to the
// project's history (who wrote a commit is not looked at), or that lies in a project without one;
// and data that detect does not know. Policy may know more about a project; this is the floor for
// all of them. Threads: any; functions are pure.
#pragma once

#include <mutex>
#include <string_view>

#include "files/roots.h"
#include "flow/label.h"
#include "gate/tracked_files.h"

namespace hs::tools {

// What the histories of the projects know, for any thread.
class Histories {
  public:
    // Of a file inside the project of these roots.
    gate::TrackedFiles::Standing look(const files::Roots& roots, std::string_view path);

  private:
    std::mutex mutex_;
    gate::TrackedFiles tracked_;
};

// A file's content: internal inside the project, where the project's own authors write, but
// untrusted where the project's history does not know the file, in folders of dependencies and
// downloads and for logs, mails and saved pages; untrusted and personal in every other granted
// folder, about which nothing is known. Without `histories` no file is taken for an unknown one.
flow::Label label_of_file(const files::Roots& roots, std::string_view path, Histories* histories);
// Of names in a folder: as of its files, but that no history is asked.
flow::Label label_of_names(const files::Roots& roots, std::string_view folder);
// What a command prints: untrusted always, because it may print anything it can read or make up;
// of the project's class where nothing but the project is granted, else personal.
flow::Label label_of_command(const files::Roots& roots);
// A page: untrusted; public when it comes from the internet, internal from this machine's or a
// private network's own servers.
flow::Label label_of_page(std::string_view address);

// The label of a text by what it says, on top of where it comes from: a documented kind of
// credential makes it of class credential; cards, accounts, identifiers of persons, or many
// addresses, personal; what is written to steer a model makes it untrusted. Names such as
// "password" are evidence too weak for a class: they would stop daily work.
flow::Label label_of_content(flow::Label label, std::string_view text);

}  // namespace hs::tools
