"""A server on this machine that serves files, and does to a request whatever a test asks for."""

import contextlib
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Deed = Callable[["Request", bytes], None]
"""What is done with a request for a file of that content."""


class Request(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        name = self.path.rpartition("/")[2]
        deeds = self.server.deeds[name]
        (deeds.pop(0) if deeds else serve)(self, self.server.files.get(name, b""))
        self.close_connection = True

    do_CONNECT = do_GET

    def head(self, status: int, **headers: object) -> None:
        """Send status and headers; `Content_Length=3` is Content-Length: 3."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Connection", "close")
        self.end_headers()

    def body(self, content: bytes) -> None:
        with contextlib.suppress(OSError):  # the client may have gone
            self.wfile.write(content)
            self.wfile.flush()

    @property
    def asked_from(self) -> int:
        """The byte at which it is to begin."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(asked[1]) if asked else 0

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Serves `files` by the last part of their address."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.files = files
        self.deeds: defaultdict[str, list[Deed]] = defaultdict(list)
        """What is done with the next requests for a file, in order; afterwards it is served."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()
        self.scheme = "http"

    @property
    def base(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/model"

    def asked(self, name: str) -> list[str | None]:
        """The Range of each request for a file."""
        return [headers.get("Range") for path, headers in self.requests if path.rpartition("/")[2] == name]

    def handle_error(self, *_: object) -> None:
        pass  # clients that go away, and handshakes that fail, belong to these tests

    @contextlib.contextmanager
    def running(self) -> Iterator["Server"]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self.shutdown()
            thread.join()
            self.server_close()


def serve(request: Request, content: bytes) -> None:
    """As a good server does, from the byte that is asked for."""
    at = request.asked_from
    if not content:
        request.head(404, Content_Length=0)
    elif at >= len(content):
        request.head(416, Content_Range=f"bytes */{len(content)}", Content_Length=0)
    elif at:
        told = f"bytes {at}-{len(content) - 1}/{len(content)}"
        request.head(206, Content_Range=told, Content_Length=len(content) - at)
        request.body(content[at:])
    else:
        serve_whole(request, content)


def serve_whole(request: Request, content: bytes) -> None:
    """Without regard to where it is asked to begin."""
    request.head(200, Content_Length=len(content))
    request.body(content)


def status(code: int, **headers: object) -> Deed:
    """An answer without a body."""
    return lambda request, _: request.head(code, Content_Length=0, **headers)


def drop_after(count: int) -> Deed:
    """Sends so many bytes, from where it is asked, and breaks the connection."""

    def deed(request: Request, content: bytes) -> None:
        at = request.asked_from
        told = f"bytes {at}-{len(content) - 1}/{len(content)}"
        request.head(206 if at else 200, Content_Range=told, Content_Length=len(content) - at)
        request.body(content[at : at + count])

    return deed


def stall_after(count: int) -> Deed:
    """The same, but the connection stands, and nothing comes."""

    def deed(request: Request, content: bytes) -> None:
        drop_after(count)(request, content)
        request.server.over.wait(10)

    return deed


def say_nothing(request: Request, content: bytes) -> None:
    """Not even a status."""
    request.server.over.wait(10)


def trickle(request: Request, content: bytes) -> None:
    """A byte now and then."""
    request.head(200, Content_Length=len(content))
    for byte in content:
        if request.server.over.wait(0.03):
            return
        request.body(bytes([byte]))


def _drip(request: Request) -> None:
    while not request.server.over.wait(0.03):
        request.wfile.write(b"x")


def drip_head(request: Request, content: bytes) -> None:
    """A header that goes on for ever, a letter now and then."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    with contextlib.suppress(OSError):
        _drip(request)


def drip_framing(request: Request, content: bytes) -> None:
    """The same in what stands before a chunk of the body (RFC 9112, 7.1.1)."""
    request.head(200, Transfer_Encoding="chunked")
    request.body(b"5;")
    with contextlib.suppress(OSError):
        _drip(request)


def give(content: bytes, code: int = 200, **headers: object) -> Deed:
    """Another content than that of the file."""

    def deed(request: Request, _: bytes) -> None:
        request.head(code, **{"Content_Length": len(content), **headers})
        request.body(content)

    return deed


def chunked(request: Request, content: bytes) -> None:
    """Without saying how long it is."""
    request.head(200, Transfer_Encoding="chunked")
    for at in range(0, len(content), 1000):
        piece = content[at : at + 1000]
        request.body(b"%x\r\n%s\r\n" % (len(piece), piece))
    request.body(b"0\r\n\r\n")


def endless(request: Request, content: bytes) -> None:
    """A body that goes on for as long as somebody listens."""
    request.head(200)
    with contextlib.suppress(OSError):
        while not request.server.over.is_set():
            request.wfile.write(content * 100)
