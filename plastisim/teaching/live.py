"""The live page: it is served on this machine alone, and what a pupil asks for is simulated, one request at a time.

The server knows two things: the page, and a simulation whose five parameters are checked one by one. It listens on the
loopback address only. A browser can be made to send requests by any page that is open in it, so a request is refused
unless it names this server as its host and, if it says where it comes from, as its origin, and unless it is declared as
JSON, which no page of another origin may send unasked.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from plastisim.engine.errors import ConfigError, PlastisimError
from plastisim.results.page import page
from plastisim.teaching.document import simulated
from plastisim.teaching.grid import BLOCKERS, NOTHING, WHOLE, Grid

LOG = logging.getLogger("plastisim")
HOST = "127.0.0.1"
LARGEST_BODY = 512  # bytes
MOST_RUNS = 500  # simulations in the life of a server
MOST_CONNECTIONS = 8
PATIENCE = 10.0  # s that a connection may stay silent
DOSES = (0.001, 200.0)  # mg/kg
MICE = (3, 12)
SEEDS = (0, 2**32 - 1)


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a pupil asks for.

    Args:
        compound: name, of those on the page.
        dose: mg/kg.
        blocker: key, of those on the page.
        mice: in each arm.
        seed: of all randomness.
    """

    compound: str
    dose: float
    blocker: str
    mice: int
    seed: int

    @classmethod
    def read(cls, body: bytes) -> Wish:
        """Return a wish from the body of a request.

        Raises:
            ConfigError: it is no JSON object of exactly these fields, or a value is of the wrong kind or size.
        """
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ConfigError("expected a JSON object") from error
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(asked, dict) or sorted(asked) != sorted(names):
            raise ConfigError(f"expected exactly the fields {', '.join(names)}")
        _one_of("compound", asked["compound"], [compound.name for compound, _ in WHOLE.given])
        _one_of("blocker", asked["blocker"], [blocker.key for blocker in BLOCKERS])
        _within("dose", asked["dose"], DOSES, (int, float))
        _within("mice", asked["mice"], MICE, (int,))
        _within("seed", asked["seed"], SEEDS, (int,))
        return cls(**asked)

    def simulated(self) -> dict[str, Any]:
        """Simulate vehicle and the wish, each with and without the blocker, and return the document about them."""
        compound = next(one for one, _ in WHOLE.given if one.name == self.compound)
        blocker = next(one for one in BLOCKERS if one.key == self.blocker)
        blockers = (NOTHING,) if blocker == NOTHING else (NOTHING, blocker)
        return simulated(Grid(((compound, (float(self.dose),)),), blockers, self.mice), self.seed)


def _one_of(what: str, given: Any, known: list[str]) -> None:
    if given not in known:
        raise ConfigError(f"{what} must be one of {', '.join(known)}")


def _within(what: str, given: Any, limits: tuple[float, float], kinds: tuple[type, ...]) -> None:
    low, high = limits
    if isinstance(given, bool) or not isinstance(given, kinds) or not low <= given <= high:
        kind = "whole number" if kinds == (int,) else "number"
        raise ConfigError(f"{what} must be a {kind} from {low:g} to {high:.10g}")


class LessonServer(ThreadingHTTPServer):
    """Serves one page and simulates for it; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(
        self, document: Mapping[str, Any], port: int = 0, answer: Callable[[Wish], dict[str, Any]] = Wish.simulated
    ) -> None:
        """See the class.

        Args:
            document: what the page shows before anything is asked.
            port: on the loopback address.
            answer: what carries out a wish.
        """
        limits = {"dose": list(DOSES), "mice": list(MICE)}
        self.page = page(document, limits).encode()
        self.answer = answer
        self.runs = 0
        self.simulating = threading.Lock()
        self.connections = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((HOST, port), Handler)
        self.names = tuple(f"{name}:{self.server_address[1]}" for name in (HOST, "localhost"))

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.names[0]}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; beyond the limit the connection is closed."""
        if not self.connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket | Any, client_address: Any) -> None:
        """Answer, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.release()


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: LessonServer
    timeout = PATIENCE
    server_version, sys_version = "plastisim", ""

    def do_GET(self) -> None:
        """Send the page; there is nothing else to get."""
        if not self._from_here():
            return
        if self.path != "/":
            self._refuse(HTTPStatus.NOT_FOUND, "there is only the page, at /")
            return
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)

    def do_POST(self) -> None:
        """Simulate a wish."""
        if not self._from_here():
            return
        if self.path != "/simulate":
            self._refuse(HTTPStatus.NOT_FOUND, "wishes go to /simulate")
            return
        body = self._body()
        if body is None:
            return
        try:
            self._carry_out(Wish.read(body))
        except PlastisimError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))

    def _from_here(self) -> bool:
        """Refuse a request that was sent to another name, or by a page from elsewhere."""
        host, origin = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        ours = len(host) == 1 and host[0] in self.server.names
        if ours and origin in ([], [f"http://{host[0]}"]):
            return True
        self._refuse(HTTPStatus.FORBIDDEN, "this server answers its own page only")
        return False

    def _body(self) -> bytes | None:
        """Return the body of a request that says what it is and how long, and is short."""
        length = self.headers.get_all("Content-Length", [])
        if (
            self.headers.get("Transfer-Encoding")
            or len(length) != 1
            or not (length[0].isascii() and length[0].isdigit())
        ):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a wish needs its length")
        elif len(length[0]) > 9 or int(length[0]) > LARGEST_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a wish has at most {LARGEST_BODY} bytes")
        elif self.headers.get("Content-Type") != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a wish is application/json")
        else:
            return self.rfile.read(int(length[0]))
        return None

    def _carry_out(self, wish: Wish) -> None:
        if not self.server.simulating.acquire(blocking=False):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "another simulation is under way; try again when it is over")
            return
        try:
            if self.server.runs >= MOST_RUNS:
                self._refuse(
                    HTTPStatus.TOO_MANY_REQUESTS, f"{MOST_RUNS} simulations are enough; start the server again"
                )
                return
            self.server.runs += 1
            document = self.server.answer(wish)
        finally:
            self.server.simulating.release()
        self._send(HTTPStatus.OK, "application/json", json.dumps(document, allow_nan=False).encode())

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True
        self._send(status, "application/json", json.dumps({"error": why}).encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, content in (
            ("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "frame-ancestors 'none'"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ):  # fmt: skip
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Note a request where one looks for such notes."""
        LOG.debug(format, *args)
