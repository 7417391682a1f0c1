#!/usr/bin/env python3
"""Adds the length of each message's text, as a service; any language and framework will do.

    python3 examples/processors/service.py 8080
    tributary consume --processor http://127.0.0.1:8080/ --consumers 4
"""
import http.server
import json
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    wbufsize = -1  # an answer leaves in one piece: in two, the kernel may hold back the second for 40 ms

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # self.headers["Idempotency-Key"] is always the same for the same message: where work must not be done
        # twice, remember it.
        answer = json.dumps({"fields": {"length": len(message.get("text", ""))}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening on port", server.server_port, flush=True)
server.serve_forever()
