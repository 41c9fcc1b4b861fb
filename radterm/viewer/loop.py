"""The viewer's main loop: SDL's events, what the session says, and the moments in between, in one thread
that sleeps until one of them is there."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from radterm.client.base import Session, State
from radterm.viewer import mailbox as m
from radterm.viewer.cursor import WindowCursor
from radterm.viewer.events import FIGURES_SECONDS, EventLines
from radterm.viewer.input import Command, Keyboard, Pointer, command_of
from radterm.viewer.options import ViewerOptions
from radterm.viewer.platform import Platform
from radterm.viewer.sdl import sdl2
from radterm.viewer.window import HeadWindow
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.numbers import MAX_CUT_TEXT

SETTLE_SECONDS = 2.0
"""When the time is over and not every head is EXACT, the viewer goes on for at most this long."""

SCROLL = {
    Command.LEFT: (-1, 0), Command.RIGHT: (1, 0), Command.UP: (0, -1), Command.DOWN: (0, 1),
}  # fmt: skip


class Loop:
    """`run` returns when the session or the reader has ended it. Main thread only."""

    def __init__(
        self,
        platform: Platform,
        session: Session,
        box: m.Mailbox,
        options: ViewerOptions,
        events: EventLines,
        clock: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._session = session
        self._box = box
        self._options = options
        self._events = events
        self._clock = clock
        self._windows: dict[int, HeadWindow] = {}
        self._focus: HeadWindow | None = None
        self._keyboard = Keyboard(self._send_key)
        self._pointer = Pointer(self._send_pointer)
        self._cursor = WindowCursor()
        self._clipboard = ""
        self._shown = self._not_shown = 0
        self._over = False
        self._started = clock()
        self.interrupted = False
        self.error: RadtermError | None = None

    def run(self) -> None:
        """Raises ViewerError when windows cannot be opened or painted."""
        figures_at = self._started + FIGURES_SECONDS
        while not self._over:
            now = self._clock()
            moment = self._next_moment(now, figures_at)
            for event in self._platform.wait(None if moment is None else max(0.0, moment - now)):
                self._happened(event)
            self._keyboard.settle()
            self._pointer.flush()
            for item in self._box.take():
                self._said(item)
            now = self._clock()
            for window in self._windows.values():
                moment = window.next_moment()
                if moment is not None and now >= moment:
                    window.passed(now)
            if now >= figures_at:
                figures_at = now + FIGURES_SECONDS
                self._events.figures(now - self._started, self._shown, self._not_shown, self._session.report)
            self._over |= self._time_is_over(now)

    def close(self) -> None:
        """Nothing stays down at the hospital side, no window stays open."""
        self._let_go()
        for window in self._windows.values():
            self._close_window(window)
        self._windows = {}
        self._cursor.close()

    # --- time ---

    def _next_moment(self, now: float, figures_at: float) -> float | None:
        moments = [window.next_moment() for window in self._windows.values()]
        if self._events.wanted:
            moments.append(figures_at)
        if self._options.seconds is not None:
            end = self._started + self._options.seconds
            moments.append(end if now < end else end + SETTLE_SECONDS)
        return min((moment for moment in moments if moment is not None), default=None)

    def _time_is_over(self, now: float) -> bool:
        if self._options.seconds is None:
            return False
        end = self._started + self._options.seconds
        states = [window.session_state for window in self._windows.values()]
        exact = bool(states) and all(state is State.EXACT for state in states)
        return now >= end + SETTLE_SECONDS or (now >= end and exact)

    # --- what the session says ---

    def _said(self, item: m.Item) -> None:
        now = self._clock()
        match item:
            case m.UpdateReady():
                window = self._window_of(item.update.head.id)
                if window is None or window.head != item.update.head:
                    self._not_shown += 1
                    item.update.release(False)
                else:
                    self._shown += 1
                    window.update(item.update, now)
            case m.ExactnessChanged():
                window = self._window_of(item.head_id)
                if window is not None:
                    window.exactness(item.exactness, now)
                    if window is self._focus and window.input_held:
                        self._let_go()
            case m.HeadsChanged():
                self._new_heads(item.heads, now)
            case m.CursorChanged():
                self._cursor.show(item.cursor)
            case m.ClipboardChanged():
                if self._options.clipboard_in:
                    self._clipboard = item.text[:MAX_CUT_TEXT]
                    self._platform.set_clipboard(self._clipboard)
            case m.NameChanged():
                pass
            case m.Closed():
                self.error, self._over = item.error, True
            case m.Stopped():
                self.interrupted, self._over = item.number == signal.SIGINT, True

    def _new_heads(self, heads: tuple[Head, ...], now: float) -> None:
        """One window a head, each on a monitor of its own as far as there are any; heads that are more
        than the monitors get windows."""
        self._let_go()
        self._focus = None
        for window in self._windows.values():
            self._close_window(window)
        self._windows = {}
        self._events.heads(heads)
        displays = self._platform.displays()
        for place, head in enumerate(heads):
            number = min(place, len(displays) - 1)
            fullscreen = self._options.fullscreen and place < len(displays)
            window = HeadWindow(
                head,
                number,
                displays[number],
                fullscreen=fullscreen,
                title=self._options.title,
                now=now,
                tell=self._events.state,
            )
            self._windows[window.id] = window
            self._events.window(head.id, "opened")
            if fullscreen:
                self._events.window(head.id, "fullscreen")

    def _close_window(self, window: HeadWindow) -> None:
        window.close()
        self._events.window(window.head.id, "closed")

    def _window_of(self, head_id: int) -> HeadWindow | None:
        return next((window for window in self._windows.values() if window.head.id == head_id), None)

    # --- what the reader does ---

    def _happened(self, event: Any) -> None:
        kind = event.type
        if kind in (sdl2.SDL_KEYDOWN, sdl2.SDL_KEYUP):
            self._key(event.key, kind == sdl2.SDL_KEYDOWN)
        elif kind == sdl2.SDL_TEXTINPUT:
            window = self._windows.get(event.text.windowID)
            if window is not None and not window.input_held:
                self._keyboard.text(event.text.text.decode("utf-8", "replace"))
        elif kind in (
            sdl2.SDL_MOUSEMOTION,
            sdl2.SDL_MOUSEBUTTONDOWN,
            sdl2.SDL_MOUSEBUTTONUP,
            sdl2.SDL_MOUSEWHEEL,
        ):
            self._keyboard.settle()
            self._mouse(event, kind)
        elif kind == sdl2.SDL_WINDOWEVENT:
            window = self._windows.get(event.window.windowID)
            if window is not None:
                self._window_event(window, event.window.event)
        elif kind == sdl2.SDL_CLIPBOARDUPDATE:
            self._send_clipboard()
        elif kind == sdl2.SDL_QUIT:
            self._over = True

    def _key(self, key: Any, down: bool) -> None:
        window = self._windows.get(key.windowID)
        if window is None:
            return
        scancode, symbol, modifiers = key.keysym.scancode, key.keysym.sym, key.keysym.mod
        if not down:
            self._pointer.flush()
            self._keyboard.released(scancode)
            return
        command = command_of(symbol, modifiers)
        if command is not None:
            if not key.repeat or command in SCROLL:
                self._command(window, command)
        elif not window.input_held:
            self._pointer.flush()
            self._keyboard.pressed(scancode, symbol, modifiers)

    def _mouse(self, event: Any, kind: int) -> None:
        window = self._windows.get(event.motion.windowID)  # at the same place in all of them
        if window is None or window.input_held:
            return
        if kind == sdl2.SDL_MOUSEMOTION:
            self._pointer.moved(window.head.id, *window.in_head(event.motion.x, event.motion.y))
        elif kind == sdl2.SDL_MOUSEWHEEL:
            turned = -1 if event.wheel.direction == sdl2.SDL_MOUSEWHEEL_FLIPPED else 1
            self._pointer.wheel(event.wheel.x * turned, event.wheel.y * turned)
        else:
            x, y = window.in_head(event.button.x, event.button.y)
            down = kind == sdl2.SDL_MOUSEBUTTONDOWN
            self._pointer.button(window.head.id, x, y, event.button.button, down)

    def _window_event(self, window: HeadWindow, what: int) -> None:
        now = self._clock()
        if what == sdl2.SDL_WINDOWEVENT_SIZE_CHANGED:
            window.resized(now)
        elif what == sdl2.SDL_WINDOWEVENT_EXPOSED:
            window.exposed()
        elif what == sdl2.SDL_WINDOWEVENT_FOCUS_GAINED:
            self._focus = window
            window.focused()
            self._send_clipboard()
        elif what == sdl2.SDL_WINDOWEVENT_FOCUS_LOST:
            self._let_go()
            self._focus = None
        elif what == sdl2.SDL_WINDOWEVENT_CLOSE:
            self._over = True

    def _command(self, window: HeadWindow, command: Command) -> None:
        if command is Command.FULLSCREEN:
            window.set_fullscreen(not window.fullscreen)
            self._events.window(window.head.id, "fullscreen" if window.fullscreen else "windowed")
        elif command is Command.BADGE:
            window.show_badge(self._clock())
        elif command is Command.RELEASE_GRAB:
            self._let_go()
            window.release_grab()
        elif command is Command.DISCONNECT:
            self._over = True
        else:
            window.scroll(*SCROLL[command])

    # --- what goes to the session ---

    def _let_go(self) -> None:
        self._keyboard.release_all()
        self._pointer.release_all()

    def _send_key(self, keysym: int, keycode: int, down: bool) -> None:
        if not self._options.view_only:
            self._session.send_key(keysym, keycode, down)

    def _send_pointer(self, head_id: int, x: int, y: int, buttons: int) -> None:
        if not self._options.view_only:
            self._session.send_pointer(head_id, x, y, buttons)

    def _send_clipboard(self) -> None:
        """The reader's text, if it is a new one and may go out."""
        if self._options.view_only or not self._options.clipboard_out or self._focus is None:
            return
        text = self._platform.clipboard()[:MAX_CUT_TEXT]
        if text and text != self._clipboard:
            self._clipboard = text
            self._session.send_clipboard(text)
