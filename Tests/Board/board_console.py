"""A board's serial console: reads all that the board says, with the time at which each part came, and types.

The console has a shell, as that of many a device does; nothing on the board knows of the tests.
"""
import re
import threading
import time


class Console:
    """Over the two ends of a pipe. `text` is all that was read so far."""

    def __init__(self, read_end, write_end):
        self.text = ""
        self.arrivals = []      # (length of `text` before it, time)
        self.condition = threading.Condition()
        self.read_end, self.write_end = read_end, write_end
        self.reader = threading.Thread(target=self._follow, daemon=True)
        self.reader.start()

    def _follow(self):
        while part := self.read_end.read1(65536):
            with self.condition:
                self.arrivals.append((len(self.text), time.monotonic()))
                self.text += part.decode("latin-1").replace("\r", "")
                self.condition.notify_all()
        with self.condition:
            self.condition.notify_all()

    def mark(self):
        with self.condition:
            return len(self.text)

    def type(self, text):
        self.write_end.write(text.encode())
        self.write_end.flush()

    def expect(self, pattern, since, seconds):
        """Waits until what came from `since` on has the pattern."""
        pattern = re.compile(pattern, re.MULTILINE)
        until = time.monotonic() + seconds
        with self.condition:
            while not (found := pattern.search(self.text, since)):
                left = until - time.monotonic()
                assert left > 0 and self.reader.is_alive(), \
                    f"the board did not say {pattern.pattern!r} but:\n{self.text[since:][-3000:]}"
                self.condition.wait(min(left, 0.5))
            return found

    def time_of(self, place):
        """When the character at a place of `text` arrived."""
        with self.condition:
            return max(when for start, when in self.arrivals if start <= place)
