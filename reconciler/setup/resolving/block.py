"""Our lines in resolv.conf: a marked block for each environment at the file's top, everything else byte for byte.

Before: ways. After: in_place, which writes the result. Pure. Never here: judging what others wrote; what is between
our two marks is ours, all else is not.
"""

MADE = b"# reconciler made this file\n"


def block(env: str, address: str) -> bytes:
    """The lines for one environment."""
    return b"%s\nnameserver %s\n%s\n" % (_begin(env), address.encode("ascii"), _end(env))


def with_block(data: bytes | None, env: str, address: str) -> bytes:
    """The file with this environment's block first of all; one with another address is replaced.

    A file that isn't there (None) is remembered in the result, so that `without_block` can take it away again.
    """
    if data is not None and has_block(data, env, address):
        return data
    rest = MADE if data is None else without_block(data, env)
    return block(env, address) + (MADE if rest is None else rest)


def has_block(data: bytes, env: str, address: str) -> bool:
    """Whether these very lines are there, wherever other environments' are."""
    return (b"\n" + block(env, address)) in b"\n" + data


def without_block(data: bytes, env: str) -> bytes | None:
    """The file as it was before its block; None where there was none, so that it has to go.

    A beginning without its end is left alone: what follows it may be anybody's.
    """
    kept: list[bytes] = []
    lines = data.splitlines(keepends=True)
    while lines:
        stripped = [line.rstrip(b"\r\n") for line in lines]
        if stripped[0] == _begin(env) and _end(env) in stripped:
            del lines[: stripped.index(_end(env)) + 1]
        else:
            kept.append(lines.pop(0))
    rest = b"".join(kept)
    return None if rest == MADE else rest


def _begin(env: str) -> bytes:
    return b"# reconciler %s: begin" % env.encode("ascii")


def _end(env: str) -> bytes:
    return b"# reconciler %s: end" % env.encode("ascii")
