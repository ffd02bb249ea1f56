#include "tools/result_label.h"

#include "net/address.h"

namespace hs::tools {

using flow::DataClass;
using flow::Integrity;
using flow::Label;

Label label_of_file(const files::Roots& roots, std::string_view path) {
    if (!roots.lies_in_project(path)) return Label::unknown();
    Label label;
    label.integrity = Integrity::internal;
    label.classes = {DataClass::internal};
    return label;
}

Label label_of_command(const files::Roots& roots) {
    if (roots.count() > 1) return Label::unknown();
    Label label;
    label.integrity = Integrity::untrusted;
    label.classes = {DataClass::internal};
    return label;
}

Label label_of_page(std::string_view address) {
    const auto parsed = net::Address::parse(address);
    if (parsed && parsed->classify() == net::AddressClass::public_net) {
        return Label::untrusted_public();
    }
    Label label;
    label.integrity = Integrity::untrusted;
    label.classes = {DataClass::internal};
    return label;
}

}  // namespace hs::tools
