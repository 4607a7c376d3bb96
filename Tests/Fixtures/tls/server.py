"""An HTTPS server on 127.0.0.1 for the tests.

server.py CERTIFICATE KEY: prints its port, then a line for every POST. The path says what is answered: /200, /307
(a redirect to /200), /endless (a body without end), /silent (nothing).
"""

import http.server
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print(self.path, self.headers["content-type"], body.decode(), flush=True)
        word = self.path[1:]
        if word == "silent":
            time.sleep(60)
            return
        self.send_response(int(word) if word.isdigit() else 200)
        if word.startswith("3"):
            self.send_header("location", "/200")
        self.end_headers()
        while word == "endless":
            self.wfile.write(bytes(65536))

    def log_message(self, *arguments):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *_: None
# The handshake is the connection's thread's, so that a client that refuses the certificate holds up nobody.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("port", server.server_port, flush=True)
server.serve_forever()
