// Result labels: who could have written what a tool returns, and what it may tell.
//
// What it does not protect from: text of a stranger that lies in the project, such as a downloaded
// issue, and data that detect does not know. Policy may know more about a project; this is the
// floor for all of them. Threads: pure functions.
#pragma once

#include <string_view>

#include "files/roots.h"
#include "flow/label.h"

namespace hs::tools {

// A file's content or name: internal inside the project, where the project's own authors write, but
// untrusted in folders of dependencies and downloads and for logs, mails and saved pages; untrusted
// and personal in every other granted folder, about which nothing is known.
flow::Label label_of_file(const files::Roots& roots, std::string_view path);
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
