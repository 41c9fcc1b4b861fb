"""Reader's side of radterm: launcher, client, viewer."""

from rfb_ext import __version__ as __version__
