"""What raw data of samples is: that of BPF programs, and of tracepoints."""

from __future__ import annotations

from prettify import model
from prettify.errors import UsageError
from prettify.records.perf import constants as c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.model import Type
    from prettify.records.perf.recording import Event, Recording
    from prettify.records.perf.tables import Traced
    from prettify.records.perf.vocabulary import Vocabulary


class RawTypes:
    """Gives for a recording what the raw data of its events begins with.

    output: the type of what BPF programs put out (bpf_perf_event_output), None where it is bytes.
    """

    __slots__ = ("_output",)

    def __init__(self, output: Type | None = None) -> None:
        """Raises UsageError where the type has no size."""
        if output is not None and model.size_of(output) <= 0:
            raise UsageError(f"--type: {model.spelled(output)} has no size")
        self._output = output

    def __call__(self, recording: Recording) -> Traced:
        """What says it of an event of that recording."""
        output = self._output

        def traced(words: Vocabulary, event: Event) -> Type | None:
            attr = event.attr
            if (attr.type, attr.config) == (c.SOFTWARE, c.BPF_OUTPUT):
                return output
            return None

        return traced
