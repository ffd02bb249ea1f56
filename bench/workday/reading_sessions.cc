// The sessions in which most of what is read is somebody else's: logs, issues, pages, reviews,
// output of commands.
#include "sessions.h"

namespace hs::bench_workday {

std::string_view reading_script() {
    return R"(= sum up the open issues
say Sum up https://tracker.example/issues?open and https://tracker.example/issues?page=2
get https://tracker.example/issues?open
get https://tracker.example/issues?page=2
run grep -rn limit src
read src/queue.c
= label two issues
say Which of https://tracker.example/issues/51 and https://tracker.example/issues/52 is worse?
get https://tracker.example/issues/51
get https://tracker.example/issues/52
run grep -n timeout src/server.c
= find when an error began
say Since when does logs/app.log hold EPIPE?
run grep -n EPIPE logs/app.log
run head -n 50 logs/app.log
run git log --oneline -n 30
= errors by hour
say Make a small table of errors by hour from logs/app.log
run grep error logs/app.log
run cut -c12-13 logs/app.log
run sort logs/app.log
= who is slow
say Which path in logs/app.log takes longest?
run grep -n took logs/app.log
run sort -k3 logs/app.log
run tail -n 20 logs/app.log
= read the log with the code at hand
say Explain the last error of logs/app.log
read logs/app.log
run grep -rn overflow src
read src/queue.c
read src/store.c
= a log and a fix
say logs/app.log shows a crash in the cache, fix it
run tail -n 200 logs/app.log
read src/cache.c
run git log --oneline -n 10
edit src/cache.c
run make test
run git diff
= a stack trace from an issue
say The trace is in https://tracker.example/issues/61
get https://tracker.example/issues/61
run grep -n render_line src/render.c
read src/render.c
edit src/render.c
run make test
= a second opinion on a patch
say Is the patch in https://forge.example/pulls/9 good?
get https://forge.example/pulls/9
run git diff HEAD
run git log --oneline -n 5
read src/store.c
= answer review remarks
say Do what the review at https://forge.example/pulls/10 asks for in parse.c
get https://forge.example/pulls/10
read src/parse.c
edit src/parse.c
run make test
run git diff
= two reviews
say Compare https://forge.example/pulls/11 with https://forge.example/pulls/12
get https://forge.example/pulls/11
get https://forge.example/pulls/12
run git log --oneline -n 5
= a release of a dependency
say What is new at https://left.example/releases/3 and does it break us?
get https://left.example/releases/3
read package.json
run grep -rn left src
run make test
= an advisory and a grep
say Does https://advisories.example/A-7 concern us?
get https://advisories.example/A-7
run grep -rn inflate src
run git log --oneline -n 3
= two advisories
say And https://advisories.example/A-8 or https://advisories.example/A-9?
get https://advisories.example/A-8
get https://advisories.example/A-9
run grep -rn strtok src
= a standard and our parser
say Does parse.c follow https://www.rfc-editor.org/rfc/rfc8259.html?
get https://www.rfc-editor.org/rfc/rfc8259.html
read src/parse.c
run grep -n escape src/parse.c
edit tests/parse_test.c
run make test
= a manual page and our call
say Do we use poll as https://www.man7.org/linux/man-pages/man2/poll.2.html says?
get https://www.man7.org/linux/man-pages/man2/poll.2.html
run grep -rn poll src
read src/server.c
= write down what a page says
say Write what https://www.rfc-editor.org/rfc/rfc9110.html says of caching into docs/http.md
get https://www.rfc-editor.org/rfc/rfc9110.html
read src/cache.c
write docs/http.md
= a build log
say The build log is https://ci.example/run/120
get https://ci.example/run/120
run make
read Makefile
edit Makefile
run make
= two runs of the pipeline
say Why did https://ci.example/run/121 pass and https://ci.example/run/122 not?
get https://ci.example/run/121
get https://ci.example/run/122
run git log --oneline -n 4
= warnings of the compiler
say Go through the warnings
run make
run grep -rn unused src
edit src/auth.c
run make
= tests that are slow
say Which test is slow?
run make test
run wc -l tests/store_test.c
read tests/store_test.c
= history of a function
say Who changed parse_line and why?
run git log --oneline -n 40
run git show HEAD
run grep -n parse_line src/parse.c
= compare two commits
say What changed between the last two commits?
run git log --oneline -n 2
run git diff HEAD
run git show HEAD
= find an owner
say Who knows most about server.c?
run git log --format=%an -n 100
run git blame src/server.c
= count the code
say How big is the project?
run wc -l src/main.c
run ls -la src
run du -sh src
= see what is installed
say Which compiler is there?
run uname -a
run ls /usr/bin
= a health page and its code
say http://127.0.0.1:8080/health says degraded, why?
get http://127.0.0.1:8080/health
run grep -rn degraded src
read src/server.c
edit src/server.c
run make test
= notes from an issue
say Put the steps of https://tracker.example/issues/71 into docs/steps.md
get https://tracker.example/issues/71
write docs/steps.md
= a question with two sources
say Is https://tracker.example/issues/72 explained by https://www.man7.org/linux/man-pages/man2/accept.2.html?
get https://tracker.example/issues/72
get https://www.man7.org/linux/man-pages/man2/accept.2.html
read src/server.c
= the changelog of a release
say Write the changelog since the last release
run git log --oneline -n 60
run git diff --stat
edit CHANGELOG.md
run git commit -am changelog
= a regression test from a log
say Turn the failing request in logs/app.log into a test
run grep -n 500 logs/app.log
read tests/server_test.c
edit tests/server_test.c
run make test
= a discussion to follow
say Read https://forge.example/discussions/3 and tell me the decision
get https://forge.example/discussions/3
run grep -rn decision docs
= help with an upgrade guide
say Follow https://left.example/upgrade for render.c
get https://left.example/upgrade
read src/render.c
edit src/render.c
run make test
run git diff
= look through the tests' output
say Show me which tests print something
run make test
run grep -rn printf tests
= check a claim
say Is it true that we leak, as https://tracker.example/issues/80 says?
get https://tracker.example/issues/80
run grep -n free src/queue.c
read src/queue.c
= watch the queue
say Is the queue longer today? Compare http://127.0.0.1:8080/metrics with the log
get http://127.0.0.1:8080/metrics
run grep -n queue logs/app.log
= three issues at once
say Which of https://tracker.example/issues/91, https://tracker.example/issues/92 and https://tracker.example/issues/93 comes first?
get https://tracker.example/issues/91
get https://tracker.example/issues/92
get https://tracker.example/issues/93
run grep -rn retry src
= the log of a week
say Sum up logs/app.log
run head -n 100 logs/app.log
run tail -n 100 logs/app.log
run grep -c error logs/app.log
run grep -c warning logs/app.log
= a release to check
say Does what https://left.example/releases/4 says hold with our tests?
get https://left.example/releases/4
run make test
run git status
run git diff --stat
)";
}

}  // namespace hs::bench_workday
