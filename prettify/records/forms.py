"""Every form of output by its name, and how a conversion to it is made."""

from __future__ import annotations

from prettify.dialects import FORMS as TEXT_FORMS
from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion

# Forms that are no text: module and class of the conversion.
TABLE_FORMS = {
    "arrow": ("prettify.records.arrow_stream", "ArrowStream"),
    "parquet": ("prettify.records.parquet", "Parquet"),
    "sqlite": ("prettify.records.sqlite", "Sqlite"),
}
FORMS = (*TEXT_FORMS, *TABLE_FORMS)


def open_conversion(form: str, layouts: Sequence[Layout], options: Options) -> Conversion:
    """The conversion of records of these types to that form.

    Raises UsageError for a form that is not known or cannot hold them, and for an option that
    means nothing in it.
    """
    check_options(form, options)
    if not layouts:
        raise UsageError("no type to decode: name one with -C TYPE or --header TYPE")
    if form in TABLE_FORMS:
        module, name = TABLE_FORMS[form]
        conversion: Conversion = getattr(__import__(module, fromlist=[name]), name)(
            layouts, options.byte_order
        )
        return conversion
    from prettify.records.text import Text

    return Text(TEXT_FORMS[form], layouts, options)


def check_options(form: str, options: Options) -> None:
    """Raise UsageError for a form that is not known, or an option that it has no use for."""
    if form not in FORMS:
        raise UsageError(f"form {form!r}: known are {', '.join(FORMS)}")
    takes = TEXT_FORMS[form].options if form in TEXT_FORMS else frozenset()
    for name, default in options.DEFAULTS.items():
        if getattr(options, name) is not default and name not in takes:
            takers = ", ".join(f for f, row in TEXT_FORMS.items() if name in row.options)
            raise UsageError(f"{name.replace('_', '-')} means nothing in {form}, only in {takers}")
