# Compiler, linker and launcher settings that hold for every target.
find_program(HS_CCACHE ccache)
if(HS_CCACHE)
    # ccache caches units that use a precompiled header only when told that it may.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${HS_CCACHE})
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()
find_program(HS_MOLD mold)
if(HS_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wnull-dereference)
    # GCC 12 reports these for code inside std::variant and std::string that cannot go wrong.
    add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
                        -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread
                        -Wno-null-dereference -Wno-free-nonheap-object)
endif()
if(HS_SANITIZE)
    add_compile_options(-fsanitize=${HS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${HS_SANITIZE})
endif()
if(HS_HARDEN)
    add_compile_options(-D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
                        -fcf-protection=full -fstack-clash-protection)
    add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
# File names in CHECK messages and debug information never carry a machine's paths.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
