// verdict: blocked; walls: capabilities user; shown as: root; network
// Changes the routes of its own network, to get round the outlets.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "attack.h"

int main() {
    const int out = ::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct {
        nlmsghdr head;
        rtmsg route;
        rtattr kind;
        int interface;
    } request{};
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = RTM_DELROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.route.rtm_family = AF_INET;
    request.route.rtm_table = RT_TABLE_LOCAL;
    request.route.rtm_scope = RT_SCOPE_HOST;
    request.route.rtm_type = RTN_LOCAL;
    request.kind.rta_len = RTA_LENGTH(sizeof request.interface);
    request.kind.rta_type = RTA_OIF;
    request.interface = 1;
    if (::send(out, &request, sizeof request, 0) < 0) return blocked();
    char answer[1024];
    const ssize_t size = ::recv(out, answer, sizeof answer, 0);
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(int))) return blocked();
    const auto* error = reinterpret_cast<const nlmsgerr*>(answer + sizeof(nlmsghdr));
    return error->error == 0 ? harm("the route is gone") : blocked();
}
