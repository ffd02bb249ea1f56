// Archives as streams: gzip (RFC 1952), tar (POSIX.1-1988 ustar) and zip (APPNOTE 6.3), read from
// front to back, each member handed to a layer of its own.
//
// What it does not protect from: a zip whose members are encrypted, stored without their size, or
// compressed in another way than deflate; those are named in ArchiveCost::stopped.
// Threads: a layer belongs to one thread.
#pragma once

#include "detect/content.h"

namespace hs::detect {

struct Nest {
    Options options;
    Sink sink;
    std::shared_ptr<ArchiveCost> cost;
    unsigned depth = 0;  // of the members
    std::string place;

    std::unique_ptr<Layer> member(std::string_view kind, std::string_view name) const;
};

std::unique_ptr<Layer> make_gzip_layer(const Nest& nest);
std::unique_ptr<Layer> make_tar_layer(const Nest& nest);
std::unique_ptr<Layer> make_zip_layer(const Nest& nest);

}  // namespace hs::detect
