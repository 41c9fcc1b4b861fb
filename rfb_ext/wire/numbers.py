"""Every message, encoding, pseudo-encoding and security number, once.

Sources: RFC 6143, the community RFB specification (rfbproto), QEMU's ui/vnc.c, and PROTOCOL.md
beside this file for the numbers that are ours.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class ClientMessage(IntEnum):
    """First byte of what a viewer sends (RFC 6143 section 7.5)."""

    SET_PIXEL_FORMAT = 0
    SET_ENCODINGS = 2
    FRAMEBUFFER_UPDATE_REQUEST = 3
    KEY_EVENT = 4
    POINTER_EVENT = 5
    CUT_TEXT = 6
    RADTERM = 82
    ENABLE_CONTINUOUS_UPDATES = 150
    FENCE = 248
    SET_DESKTOP_SIZE = 251
    QEMU = 255


class ServerMessage(IntEnum):
    """First byte of what a server sends (RFC 6143 section 7.6)."""

    FRAMEBUFFER_UPDATE = 0
    SET_COLOUR_MAP_ENTRIES = 1
    BELL = 2
    CUT_TEXT = 3
    RADTERM = 82
    END_OF_CONTINUOUS_UPDATES = 150
    FENCE = 248


class Encoding(IntEnum):
    """Rectangle types: encodings carry pixels, pseudo-encodings carry everything else."""

    RAW = 0
    COPYRECT = 1
    RRE = 2
    HEXTILE = 5
    ZLIB = 6
    TIGHT = 7
    ZRLE = 16
    PLANES = 0x52540001
    H264_LOSSLESS = 0x52540002
    # pseudo-encodings
    DESKTOP_SIZE = -223
    LAST_RECT = -224
    CURSOR = -239
    QEMU_EXTENDED_KEY = -258
    DESKTOP_NAME = -307
    EXTENDED_DESKTOP_SIZE = -308
    FENCE = -312
    CONTINUOUS_UPDATES = -313
    CURSOR_WITH_ALPHA = -314
    RADTERM = 0x52540100
    UPDATE_BEGIN = 0x52540110
    RECTANGLE_DIGEST = 0x52540111
    UPDATE_END = 0x52540112


class Security(IntEnum):
    """Security types (RFC 6143 section 7.1.2)."""

    INVALID = 0
    NONE = 1
    VNC_AUTH = 2
    VENCRYPT = 19


class RadtermServer(IntEnum):
    """Subtypes of message 82, server to viewer (PROTOCOL.md section 3)."""

    HELLO = 1
    HEADS = 2
    HEARTBEAT = 3
    NOTICE = 4


class RadtermClient(IntEnum):
    """Subtypes of message 82, viewer to server (PROTOCOL.md section 3)."""

    HELLO = 1
    UPDATE_ACKNOWLEDGED = 2
    RESYNC_REQUEST = 3
    INPUT_TAG = 4


class HeadPolicy(IntEnum):
    """What a head is used for; on DIAGNOSTIC only codecs declared lossless are allowed."""

    DIAGNOSTIC = 0
    REVIEW = 1
    AUXILIARY = 2


class ResyncReason(IntEnum):
    """Why a viewer asks for pixels again."""

    MISMATCH = 1
    DECODE_ERROR = 2
    BAD_HEADER = 3
    HEAD_DIGEST = 4
    NOT_COMPLETE = 5


class NoticeCode(IntEnum):
    """What a server tells a viewer in words."""

    CODEC_WITHDRAWN = 1
    DESKTOP_LOST = 2
    CLOSING = 3


class UpdateFlag(IntFlag):
    """Flags of UpdateEnd."""

    COMPLETE = 1


class AckFlag(IntFlag):
    """Flags of UpdateAcknowledged."""

    VERIFIED = 1
    PRESENTED = 2


class FenceFlag(IntFlag):
    """Flags of the Fence message (rfbproto, "Fence")."""

    BLOCK_BEFORE = 1
    BLOCK_AFTER = 2
    SYNC_NEXT = 4
    REQUEST = 0x80000000


class LayoutReason(IntEnum):
    """x position of an ExtendedDesktopSize rectangle."""

    SERVER = 0
    THIS_CLIENT = 1
    OTHER_CLIENT = 2


class LayoutStatus(IntEnum):
    """y position of an ExtendedDesktopSize rectangle."""

    DONE = 0
    PROHIBITED = 1
    OUT_OF_RESOURCES = 2
    INVALID = 3


PROTOCOL_VERSION = 1

# Bounds of everything that a peer names. A name here is what a parser checks.
MAX_SIDE = 16384
MAX_PIXELS = 1 << 26
MAX_SCREENS = 16
MAX_ENCODINGS = 1024
MAX_NAME = 4096
MAX_CUT_TEXT = 1 << 18
MAX_FENCE = 64
MAX_CURSOR_SIDE = 256
MAX_RADTERM_MESSAGE = 1 << 16
MAX_RECTANGLES = 0xFFFF
MAX_REASON = 4096
MAX_SECURITY_TYPES = 255
PAYLOAD_SLACK = 4096
MAX_TIGHT_WIDTH = 2048
MAX_TIGHT_DATA = (1 << 22) - 1
