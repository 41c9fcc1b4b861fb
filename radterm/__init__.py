"""Reader's side of radterm: launcher, client, viewer."""

__version__ = "0.1.0"
