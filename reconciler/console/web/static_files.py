"""The console's own style sheets and scripts: read once, so that no path of a request ever reaches the disk.

Before: app, which serves them; templates, which name them with their digest. After: browsers, which may keep them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """`digest` stands for its content and is part of its address."""

    content: bytes
    media_type: str
    digest: str


def read_static(folder: Path = FOLDER) -> Mapping[str, StaticFile]:
    """All that browsers may have, by bare name."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            digest = sha256(content).hexdigest()[:16]
            files[path.name] = StaticFile(content=content, media_type=_TYPES[path.suffix], digest=digest)
    return files


def version_of(files: Mapping[str, StaticFile], templates: Path, program: str) -> str:
    """What a page that is open compares: another program, other templates or files, and it is loaded anew."""
    whole = sha256(program.encode())
    for file in files.values():
        whole.update(file.digest.encode())
    for template in sorted(templates.rglob("*.html")):
        whole.update(template.read_bytes())
    return whole.hexdigest()[:12]
