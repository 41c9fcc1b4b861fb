"""Hospital side of radterm, and what both sides share: wire, pictures, codecs, desktops, server."""

__version__ = "0.1.0"
