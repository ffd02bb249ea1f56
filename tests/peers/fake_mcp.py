#!/usr/bin/env python3
"""An MCP server over standard input and output (revision 2025-06-18), for the product's tests: mails to look at and to
send. What its tools are and what lies in the mailbox stands in a JSON file, its first argument, so that a test can change it
behind the product's back. A second word makes it misbehave: garbage, silent, chatty, dies, large."""
import json
import sys

world = json.load(open(sys.argv[1]))
mode = sys.argv[2] if len(sys.argv) > 2 else ""


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def call(name, arguments):
    if name == "list_mails":
        return world["mails"]
    if name == "send_mail":
        with open(world["sent"], "a") as out:
            out.write(json.dumps(arguments) + "\n")
        return {"sent": True}
    if name == "fail":
        raise ValueError("this tool always fails")
    return {"echo": arguments}


if mode == "dies":
    print("no database", file=sys.stderr)
    sys.exit(3)
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request or "method" not in request:
        continue
    method, params = request["method"], request.get("params", {})
    if mode == "garbage":
        print("<html>not what you want</html>", flush=True)
    if mode == "silent":
        continue
    if mode == "chatty":
        say({"id": "q", "method": "sampling/createMessage", "params": {}})
        say({"method": "notifications/message", "params": {"data": "x" * 1000}})
    if method == "initialize":
        say({"id": request["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                                             "serverInfo": {"name": "fake", "version": "1"}}})
    elif method == "tools/list":
        say({"id": request["id"], "result": {"tools": world["tools"]}})
    elif method == "tools/call":
        try:
            value = call(params["name"], params.get("arguments", {}))
            text = "y" * (20 << 20) if mode == "large" else json.dumps(value)
            say({"id": request["id"], "result": {"content": [{"type": "text", "text": text}]}})
        except ValueError as error:
            say({"id": request["id"], "result": {"content": [{"type": "text", "text": str(error)}], "isError": True}})
    else:
        say({"id": request["id"], "error": {"code": -32601, "message": "unknown method"}})
