# The files of policies/ become a source of this room.
file(GLOB_RECURSE HS_POLICY_FILES CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/policies/*.cedar ${CMAKE_SOURCE_DIR}/policies/*.cedarschema
    ${CMAKE_SOURCE_DIR}/policies/*.toml ${CMAKE_SOURCE_DIR}/policies/builtin-skills/*/SKILL.md)
list(FILTER HS_POLICY_FILES EXCLUDE REGEX "/policies/tests/")
set(HS_POLICY_EMBEDDED ${CMAKE_BINARY_DIR}/generated/policy_embedded_files.cc)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
add_custom_command(
    OUTPUT ${HS_POLICY_EMBEDDED}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed.py
            ${HS_POLICY_EMBEDDED} ${CMAKE_SOURCE_DIR}/policies ${HS_POLICY_FILES}
    DEPENDS ${HS_POLICY_FILES} ${CMAKE_SOURCE_DIR}/tools/embed.py
    COMMENT "Embedding policies/" VERBATIM)
target_sources(hs_policy PRIVATE ${HS_POLICY_EMBEDDED})
