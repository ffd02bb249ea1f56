// StagedFolder: the files of a folder as one packed value, whose digest stands in a launch
// specification, and the same files again where the sandbox is built.
//
// What it is for: a script that brings its neighbours (modules, references, assets) sees the very
// bytes that were decided on, whatever becomes of the folder that they came from.
// What it does not protect from: what the files hold. Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::os {

struct FolderFile {
    std::string path;      // relative, plain: no empty, "." or ".." component
    base::ByteView bytes;  // somebody else's, who outlives this
    bool is_executable = false;
};

inline constexpr std::size_t folder_files_max = 2'000;
inline constexpr std::size_t folder_depth_max = 16;

// The one byte form of the files, in the order of their paths (docs/formats/launch-spec.md).
// exhausted and invalid_input name the bound.
base::Result<base::Bytes> pack_folder(std::vector<FolderFile> files);
// corrupt for bytes that pack_folder does not make. The files look into `bytes`.
base::Result<std::vector<FolderFile>> unpack_folder(base::ByteView bytes);

}  // namespace hs::os
