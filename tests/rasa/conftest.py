"""Makes components/ and actions/ importable for the tests of the Rasa half."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
