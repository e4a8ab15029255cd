"""The jobs: what is measured, against whom."""

from __future__ import annotations

import data
import ours
from library import FEW, Library
from measure import Contender, process
from peers import (
    construct_structs,
    dissect_cstruct,
    pahole,
    polars_frames,
    pyarrow_tables,
    standard_library,
)
from report import Comparison, Section, compare, comparison_table
from workloads import Setting, Workload

WHERE = "st_size > 4096 and st_info == 18"
POLARS_WHERE = '.filter((polars.col("st_size") > 4096) & (polars.col("st_info") == 18))'
SLOW = 10  # the slow do this part of the records
SLOWER = 50
READY, CUT = "columns ready", "columns cut from the records"


def c_text(setting: Setting) -> Section:
    """C text, whole processes."""
    found = []
    for workload in (setting.random, setting.real, setting.events, setting.tasks):
        if workload is not None:
            found += _c_text(workload, 1, setting.runs)
    for workload in (setting.random, setting.real):
        found += _c_text(workload, setting.large, setting.few)
    text = [
        "Whole processes, from a file on standard input to /dev/null. pahole does less of "
        "`task_struct` and `event`: it shows typedefs of structs, unions and enums as bytes in "
        "hexadecimal, and floats as integers.",
        "",
    ]
    return Section("C text", text + comparison_table(found), found)


def _c_text(workload: Workload, times: int, runs: int) -> list[Comparison]:
    command = pahole.c_text(workload.type_name, workload.types)
    other = _process(pahole.NAME, pahole.version(), command, workload.file(times))
    if not other.missing:
        shown = pahole.shown(command, workload.block[: FEW * workload.record_type.size])
        other.missing = "" if shown == FEW else f"failed: shows {shown} of {FEW} records"
    contenders = [ours.command(workload, "c", times=times), other]
    return compare(f"{workload.title(times)}, to C", contenders, runs)


def ndjson(setting: Setting) -> Section:
    """NDJSON, in process and as whole processes."""
    found = []
    for workload in (setting.random, setting.real):
        job = Library(workload, "ndjson")
        _against_polars(job, polars_frames.ndjson)
        job.against(standard_library, "Python: struct + json", standard_library.ndjson, share=SLOW)
        job.against(dissect_cstruct, "dissect.cstruct + json", dissect_cstruct.ndjson, share=SLOWER)
        job.against(construct_structs, "construct + json", construct_structs.ndjson, share=SLOWER)
        found += compare(f"{workload.title()}, to NDJSON", job.contenders, setting.runs)
    events = Library(setting.events, "ndjson")
    events.against(
        polars_frames,
        f"polars ({READY})",
        lambda records: polars_frames.ready(data.event_columns(records), polars_frames.ndjson),
    )
    found += compare(f"{setting.events.title()}, to NDJSON", events.contenders, setting.runs)
    if setting.tasks is not None:
        tasks = Library(setting.tasks, "ndjson")
        found += compare(f"{setting.tasks.title()}, to NDJSON", tasks.contenders, setting.runs)
    contenders = [
        ours.command(setting.real, "ndjson"),
        _polars_process(setting.real, "write_ndjson"),
    ]
    job_name = f"{setting.real.title()}, to NDJSON, whole processes"
    found += compare(job_name, contenders, setting.runs)
    text = [
        "Within one process unless it says otherwise: from bytes in memory to /dev/null. "
        f'"{READY}" is polars\' writer alone, its columns made beforehand and not counted; '
        f'"{CUT}" begins, as prettify does, with the records. A whole process imports what it '
        "needs and reads a file.",
        "",
    ]
    return Section("NDJSON", text + comparison_table(found), found)


def columns(setting: Setting) -> Section:
    """CSV, Parquet and Arrow, in process."""
    found = []
    for workload in (setting.random, setting.real):
        job = Library(workload, "csv")
        _against_polars(job, polars_frames.csv)
        job.against(
            standard_library, "Python: struct + csv", standard_library.comma_separated, share=SLOW
        )
        found += compare(f"{workload.title()}, to CSV", job.contenders, setting.runs)
        job = Library(workload, "parquet")
        job.against(
            pyarrow_tables,
            f"pyarrow ({READY})",
            lambda records: pyarrow_tables.ready(
                data.symbol_columns(records), pyarrow_tables.parquet
            ),
        )
        _against_pyarrow(job, pyarrow_tables.parquet)
        found += compare(f"{workload.title()}, to Parquet", job.contenders, setting.runs)
        job = Library(workload, "arrow")
        _against_pyarrow(job, pyarrow_tables.arrow)
        found += compare(f"{workload.title()}, to Arrow", job.contenders, setting.runs)
    text = [
        "Within one process, from bytes in memory to /dev/null. Arrow has no row for columns that "
        "are ready: pyarrow hands over the memory they are in, which takes no time at all.",
        "",
    ]
    return Section("CSV, Parquet, Arrow", text + comparison_table(found), found)


def where(setting: Setting) -> Section:
    """A filter before NDJSON."""
    workload, times = setting.real, setting.large
    job = Library(workload, "ndjson", times=times, where=WHERE)
    _against_polars(job, polars_frames.functions_above_4096)
    found = compare(f"{workload.title(times)}, filtered to NDJSON", job.contenders, setting.few)
    contenders = [
        ours.command(workload, "ndjson", "--where", WHERE, times=times),
        _polars_process(workload, "write_ndjson", POLARS_WHERE, times),
    ]
    job_name = f"{workload.title(times)}, filtered to NDJSON, whole processes"
    found += compare(job_name, contenders, setting.few)
    symbols = data.symbol_columns(workload.block)
    share = ((symbols["st_size"] > 4096) & (symbols["st_info"] == 18)).mean()
    text = [f"`--where '{WHERE}'`, true of {100 * share:.2f} % of the records.", ""]
    return Section("Filters", text + comparison_table(found), found)


def _against_polars(job: Library, write: polars_frames.Writer) -> None:
    job.against(
        polars_frames,
        f"polars ({READY})",
        lambda records: polars_frames.ready(data.symbol_columns(records), write),
    )
    job.against(
        polars_frames,
        f"polars ({CUT})",
        lambda records: polars_frames.cut(data.symbol_columns, records, write),
    )


def _against_pyarrow(job: Library, write: pyarrow_tables.Writer) -> None:
    job.against(
        pyarrow_tables,
        f"pyarrow ({CUT})",
        lambda records: pyarrow_tables.cut(data.symbol_columns, records, write),
    )


def _polars_process(workload: Workload, write: str, then: str = "", times: int = 1) -> Contender:
    command = polars_frames.process(data.SYMBOL, write, then)
    return _process(polars_frames.NAME, polars_frames.version(), command, workload.file(times))


def _process(name: str, version: str, command: list[str], file: str) -> Contender:
    if not version:
        return Contender(name, None, missing="not installed")
    return Contender(name, process(command, file))
