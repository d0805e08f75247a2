"""The client's side of a redirect: a server on loopback that keeps what the browser brings."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# The script tells whether the browser runs scripts: the title says so.
PAGE = b"""<!doctype html><html lang=en><meta charset=utf-8><title>Client</title>
<link rel=icon href=data:,><h1 id=callback>The client has its answer</h1>
<script>document.title = "Client with scripts";</script></html>"""


class Callback:
    """Listens on a free port; `urls` are the callbacks that came."""

    def __init__(self):
        self.urls: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.redirect_uri = f"{self.origin}/callback"

    def __enter__(self) -> "Callback":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path == "/callback":
                    callback.urls.append(callback.origin + self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(PAGE)))
                self.end_headers()
                self.wfile.write(PAGE)

            def log_message(self, *_: object) -> None:
                """Says nothing: what came is in `urls`."""

        return Handler
