"""Servers on 127.0.0.1 for one test.

One answers as it is told and remembers every request, one only counts who comes.
"""

import http.server
import socket
import ssl
import threading
import urllib.parse


class Request:
    def __init__(self, handler, body):
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))


class Web:
    """`answer` is given each request, and gives status, headers and body; a body may be a function that writes to the socket.

    With a certificate, the file of its PEM, it speaks TLS.
    """

    def __init__(self, certificate=None):
        self.requests, self.answer, self.certificate = [], None, certificate

    def __enter__(self):
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self, body)
                web.requests.append(request)
                web.write(self, *web.answer(request))

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that breaks off is what is tested."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def write(handler, status, headers, body):
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            if callable(body):
                handler.send_header("Connection", "close")
                handler.end_headers()
                body(handler.wfile)
                handler.close_connection = True
                return
            data = body.encode() if isinstance(body, str) else body
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True

    def take(self):
        """The requests since the last time."""
        taken, self.requests = self.requests, []
        return taken


class Trap:
    """Listens, and counts the connections. They get no answer."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.visitors = []
        threading.Thread(target=self._wait, daemon=True).start()
        return self

    def _wait(self):
        try:
            while True:
                self.visitors.append(self.socket.accept())
        except OSError:
            pass

    def __exit__(self, *_):
        # Ends the thread that waits as well.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for visitor, _ in self.visitors:
            visitor.close()
