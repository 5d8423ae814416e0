"""The demo's data, and as much more of it as anybody wants."""

from runner.demo.generate import CUSTOMERS, SEED, SOURCES, UNTIL, Formats, Source, generate
from runner.demo.load import load_sources

__all__ = ["CUSTOMERS", "SEED", "SOURCES", "UNTIL", "Formats", "Source", "generate", "load_sources"]
