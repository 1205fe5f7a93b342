# SPDX-License-Identifier: Apache-2.0
"""Who has written and read which bytes, and what a command has to wait for because of that."""
import collections

import numpy as np

GRANULE = 4  # bytes that are told apart
PAGE_BYTES = 1 << 14
PAGE_GRANULES = PAGE_BYTES // GRANULE

Span = collections.namedtuple("Span", "address bytes rows stride", defaults=(1, 0))
"""Bytes that a command reads or writes: `rows` rows of `bytes` bytes, `stride` bytes apart."""


def span_end(span):
    return span.address + (span.rows - 1) * span.stride + span.bytes


def span_granules(span):
    """Numbers of all granules of a span, int64 [any], without repetition."""
    starts = span.address + np.arange(span.rows, dtype=np.int64) * span.stride
    first = starts // GRANULE
    count = -(-(span.bytes + (span.address % GRANULE)) // GRANULE)
    if span.stride % GRANULE:
        count += 1
    if span.rows == 1 or span.stride == span.bytes:
        return np.arange(first[0], -(-span_end(span) // GRANULE), dtype=np.int64)
    return np.unique(first[:, None] + np.arange(count, dtype=np.int64))


class Page:
    """Per granule: the command that wrote last (engine, count) and each engine's last reader."""

    def __init__(self, num_engines):
        self.writer_engine = np.zeros(PAGE_GRANULES, np.int16)
        self.writer_count = np.zeros(PAGE_GRANULES, np.int32)
        self.reader_count = np.zeros((num_engines, PAGE_GRANULES), np.int32)


class AccessHistory:
    """Finds the commands that an access must come after. Counts of commands start at 1."""

    def __init__(self, num_engines):
        self.num_engines = num_engines
        self.pages = {}

    def _parts(self, span):
        granules = span_granules(span)
        numbers = granules // PAGE_GRANULES
        for number in np.unique(numbers):
            page = self.pages.get(number)
            if page is None:
                page = self.pages[number] = Page(self.num_engines)
            yield page, granules[numbers == number] - number * PAGE_GRANULES

    @staticmethod
    def _raise_to(needed, engines, counts):
        for engine in np.unique(engines[counts > 0]):
            needed[engine] = max(needed[engine], int(counts[engines == engine].max()))

    def needed_for(self, reads, writes):
        """Completed commands per engine before the spans may be read and written, list."""
        needed = [0] * self.num_engines
        for span in (*reads, *writes):
            for page, index in self._parts(span):
                self._raise_to(needed, page.writer_engine[index], page.writer_count[index])
        for span in writes:
            for page, index in self._parts(span):
                latest = page.reader_count[:, index].max(axis=1)
                needed = [max(a, int(b)) for a, b in zip(needed, latest)]
        return needed

    def record(self, engine, count, reads, writes):
        """The command `count` of an engine has these accesses."""
        for span in reads:
            for page, index in self._parts(span):
                page.reader_count[engine, index] = count
        for span in writes:
            for page, index in self._parts(span):
                page.writer_engine[index] = engine
                page.writer_count[index] = count
                page.reader_count[:, index] = 0
