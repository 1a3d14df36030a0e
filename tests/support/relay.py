"""A unix socket in front of another one: every byte passes through it, and a subclass sees to how.

Before: figures and end-to-end tests, whose loop is given this socket as its engine. After: the engine's own socket.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path

_PIECE_BYTES = 65_536


class Relay:
    """Listens on `path`; each connection is joined to one to `target`, with a thread for each direction."""

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self.target = target
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(64)
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections; those that are there end with their peers."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listening.close()

    def admits(self, asking: socket.socket) -> bool:  # a subclass may refuse it
        """Whether this connection is taken."""
        return True

    def ask(self, sink: socket.socket, piece: bytes, seen: bytes) -> bytes:
        """Pass a piece of a request on. `seen` is what the last call for this connection returned."""
        sink.sendall(piece)
        return seen

    def answer(self, sink: socket.socket, piece: bytes) -> None:
        """Pass a piece of an answer on."""
        sink.sendall(piece)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                asking, _ = self._listening.accept()
                if not self.admits(asking):
                    asking.close()
                    continue
                answering = socket.socket(socket.AF_UNIX)
                answering.connect(self.target)
                for carry in (self._carry_questions, self._carry_answers):
                    threading.Thread(target=carry, args=(asking, answering), daemon=True).start()

    def _carry_questions(self, asking: socket.socket, answering: socket.socket) -> None:
        seen = b""
        with suppress(OSError):
            while piece := asking.recv(_PIECE_BYTES):
                seen = self.ask(answering, piece, seen)
            answering.shutdown(socket.SHUT_WR)

    def _carry_answers(self, asking: socket.socket, answering: socket.socket) -> None:
        with suppress(OSError):
            while piece := answering.recv(_PIECE_BYTES):
                self.answer(asking, piece)
            asking.shutdown(socket.SHUT_WR)
