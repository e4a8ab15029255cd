"""What raw data of samples is: that of BPF programs, and of tracepoints."""

from __future__ import annotations

from prettify import model
from prettify.errors import UsageError
from prettify.records.perf import constants as c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.model import Type
    from prettify.records.perf.kinds import Members
    from prettify.records.perf.recording import Event, Recording
    from prettify.records.perf.vocabulary import Vocabulary


class RawTypes:
    """Gives for an event what its samples' raw data begins with, None where that is not known.

    output: the type of what BPF programs put out (bpf_perf_event_output), None where it is bytes.
    """

    __slots__ = ("_output",)

    def __init__(self, output: Type | None = None) -> None:
        """Raises UsageError where the type has no size."""
        if output is not None and model.size_of(output) <= 0:
            raise UsageError(f"--type: {model.spelled(output)} has no size")
        self._output = output

    def members(self, recording: Recording, event: Event, words: Vocabulary) -> Members | None:
        """(name, type, offset) of each member; the name is empty where it is one type.

        Raises DataError where the recording's format of it is damaged.
        """
        attr = event.attr
        if (attr.type, attr.config) == (c.SOFTWARE, c.BPF_OUTPUT):
            return None if self._output is None else [("", self._output, 0)]
        if attr.type == c.TRACEPOINT and recording.formats is not None:
            return recording.formats.members(attr.config, words)
        return None
