"""One window for one head: where it stands, what its title and badge say, and when that changes."""

from __future__ import annotations

import math
from collections.abc import Callable

from radterm.client.base import Exactness, ReadyUpdate, State
from radterm.viewer.badge import MARGIN, render_badge, window_title
from radterm.viewer.effective import NOTHING_YET, OnGlass, effective_exactness
from radterm.viewer.glass import open_glass
from radterm.viewer.platform import ADVICE, Display
from radterm.viewer.presenter import Presenter
from radterm.viewer.sdl import sdl2, sdl_error
from rfb_ext.errors import ViewerError
from rfb_ext.frame.frames import Head

BADGE_SECONDS = 1.5
SCROLL_PIXELS = 64
SMALLEST = 16


class HeadWindow:
    """`number` and `display`: the monitor it opens on, SDL's number and its place. `tell` hears what the
    badge says, after it is shown. Main thread only; `now` is the clock's seconds."""

    def __init__(
        self,
        head: Head,
        number: int,
        display: Display,
        *,
        fullscreen: bool,
        title: str,
        now: float,
        tell: Callable[[int, Exactness], None],
    ) -> None:
        self.head = head
        self.fullscreen = fullscreen
        self.grabbed = False
        self._title = title
        self._tell = tell
        self._session = NOTHING_YET
        self._partly_new = False
        self._badge_until = -math.inf
        self._badge_passes = False
        self._age_drawn = 0
        self._display = display
        place = sdl2.SDL_WINDOWPOS_CENTERED_DISPLAY(number)
        width, height = self._windowed_size() if not fullscreen else display.bounds[2:]
        flags = sdl2.SDL_WINDOW_SHOWN | sdl2.SDL_WINDOW_RESIZABLE
        if fullscreen:
            flags |= sdl2.SDL_WINDOW_FULLSCREEN_DESKTOP | sdl2.SDL_WINDOW_BORDERLESS
        first = effective_exactness(NOTHING_YET, OnGlass())
        words = window_title(first, self.name, title)
        self._window = sdl2.SDL_CreateWindow(words.encode(), place, place, width, height, flags)
        if not self._window:
            raise ViewerError(f"cannot open a window ({sdl_error()}); {ADVICE}")
        self._said = words
        self.shown = first
        self.id: int = sdl2.SDL_GetWindowID(self._window)
        self._glass = open_glass(self._window)
        self._presenter = Presenter(head, self._glass)
        self._overlay(now)
        self._grab(fullscreen)
        tell(head.id, first)

    @property
    def name(self) -> str:
        return self.head.name or f"head {self.head.id}"

    @property
    def session_state(self) -> State:
        """The session's own word, before what this viewer does to the pixels."""
        return self._session.state

    @property
    def input_held(self) -> bool:
        """True while the picture is too old to act on."""
        return self.shown.state is State.STALE

    def in_head(self, x: int, y: int) -> tuple[int, int]:
        return self._presenter.in_head(x, y)

    # --- what the session says ---

    def update(self, update: ReadyUpdate, now: float) -> None:
        """Shows an update and lets it go. The badge never says EXACT over a part of something newer."""
        if not update.exact:
            self._partly_new = True
            self._judge(now)
        try:
            self._presenter.show(update)
        except BaseException:
            update.release(False)
            raise
        update.release(True)
        if update.exact:
            self._partly_new = False
            self._judge(now)

    def exactness(self, exactness: Exactness, now: float) -> None:
        """The session's state of this head changed; everything before it is on the glass."""
        self._session = exactness
        self._judge(now)

    # --- what the reader and the screen do ---

    def show_badge(self, now: float) -> None:
        """For BADGE_SECONDS, whatever the state."""
        self._badge_until = now + BADGE_SECONDS
        self._overlay(now)

    def passed(self, now: float) -> None:
        """Time has passed: the badge goes, or the age of a stale picture grows."""
        self._overlay(now)

    def next_moment(self) -> float | None:
        """When passed() must be called; None: never."""
        since = self.shown.stale_since
        if self.shown.state is State.STALE and since is not None:
            return since + self._age_drawn + 1
        return self._badge_until if self._badge_passes else None

    def resized(self, now: float) -> None:
        self._presenter.refit()
        self._judge(now)
        self._overlay(now)

    def exposed(self) -> None:
        self._presenter.repaint()

    def scroll(self, dx: int, dy: int) -> None:
        """Steps of SCROLL_PIXELS."""
        self._presenter.scroll(dx * SCROLL_PIXELS, dy * SCROLL_PIXELS)

    def set_fullscreen(self, fullscreen: bool) -> None:
        """The size change that follows arrives as an event."""
        self.fullscreen = fullscreen
        if fullscreen:
            sdl2.SDL_SetWindowFullscreen(self._window, sdl2.SDL_WINDOW_FULLSCREEN_DESKTOP)
        else:
            sdl2.SDL_SetWindowFullscreen(self._window, 0)
            sdl2.SDL_SetWindowBordered(self._window, sdl2.SDL_TRUE)
            sdl2.SDL_SetWindowSize(self._window, *self._windowed_size())
        self._grab(fullscreen)

    def focused(self) -> None:
        """The keyboard is ours (again)."""
        self._grab(self.fullscreen)

    def release_grab(self) -> None:
        """The keyboard's system keys are the reader's own until the window gets the focus anew."""
        self._grab(False)

    def close(self) -> None:
        self._glass.close()
        sdl2.SDL_DestroyWindow(self._window)

    # --- inside ---

    def _windowed_size(self) -> tuple[int, int]:
        usable = self._display.usable
        return (
            max(SMALLEST, min(self.head.rect.w, usable[2])),
            max(SMALLEST, min(self.head.rect.h, usable[3])),
        )

    def _grab(self, grabbed: bool) -> None:
        self.grabbed = grabbed
        sdl2.SDL_SetWindowKeyboardGrab(self._window, sdl2.SDL_TRUE if grabbed else sdl2.SDL_FALSE)

    def _judge(self, now: float) -> None:
        """What may be said now; says it in title and badge when it is new."""
        on_glass = OnGlass(
            bits_lost=self._presenter.bits_lost,
            partly_visible=self._presenter.partly_visible,
            partly_new=self._partly_new,
        )
        before, self.shown = self.shown, effective_exactness(self._session, on_glass)
        if (before.state, before.reason, before.stale_since) == (
            self.shown.state,
            self.shown.reason,
            self.shown.stale_since,
        ):
            return
        if self.shown.state is State.EXACT and before.state is not State.EXACT:
            self._badge_until = now + BADGE_SECONDS
        words = window_title(self.shown, self.name, self._title)
        if words != self._said:
            sdl2.SDL_SetWindowTitle(self._window, words.encode())
            self._said = words
        self._overlay(now)
        self._tell(self.head.id, self.shown)

    def _overlay(self, now: float) -> None:
        state = self.shown.state
        badge = None
        if state is not State.EXACT or now < self._badge_until:
            since = self.shown.stale_since
            age = None if since is None else max(0.0, now - since)
            self._age_drawn = int(age or 0)
            width, height = self._presenter.size
            image = render_badge(self.shown, age, (width, height))
            top = min(MARGIN, height - image.shape[0])
            badge = ((width - image.shape[1]) // 2, top, image)
        self._badge_passes = badge is not None and state is State.EXACT
        self._presenter.overlay(state is State.STALE, badge)
