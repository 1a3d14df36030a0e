"""The start program of the Cassandra image, importable as it is in the image."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "images" / "cassandra"))
