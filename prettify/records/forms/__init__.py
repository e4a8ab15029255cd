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
    "arrow": ("prettify.records.forms.arrow_stream", "ArrowStream"),
    "parquet": ("prettify.records.forms.parquet", "Parquet"),
    "sqlite": ("prettify.records.forms.sqlite", "Sqlite"),
}
NAMED = "sqlite"  # the form that has names for types
FORMS = (*TEXT_FORMS, *TABLE_FORMS)


def open_conversion(
    form: str,
    layouts: Sequence[Layout],
    options: Options,
    jobs: int = 1,
    names: Sequence[str] = (),
) -> Conversion:
    """The conversion of records of these types to that form, in that many threads.

    names: what each is called in a form that has names for them, if not as its type.
    Raises UsageError for a form that is not known or cannot hold them, and for an option that
    means nothing in it.
    """
    check_options(form, options)
    if not layouts:
        raise UsageError("no type to decode: name one with -C TYPE or --header TYPE")
    if form in TABLE_FORMS:
        module, name = TABLE_FORMS[form]
        make = getattr(__import__(module, fromlist=[name]), name)
        more = (names,) if names and form == NAMED else ()
        conversion: Conversion = make(layouts, options.byte_order, *more)
        return conversion
    from prettify.records.forms.text import Text

    if TEXT_FORMS[form].single and len(layouts) > 1:
        raise UsageError(f"--to {form} holds records of one type: name one with -C")
    return Text(TEXT_FORMS[form], layouts, options, jobs)


def check_options(form: str, options: Options) -> None:
    """Raise UsageError for a form that is not known, or an option or value it has no use for."""
    if form not in FORMS:
        raise UsageError(f"form {form!r}: known are {', '.join(FORMS)}")
    row = TEXT_FORMS.get(form)
    for name, default in options.DEFAULTS.items():
        value = getattr(options, name)
        if value == default:
            continue
        shown = name.replace("_", "-")
        if row is None or name not in row.options:
            takers = ", ".join(f for f, other in TEXT_FORMS.items() if name in other.options)
            raise UsageError(f"{shown} means nothing in {form}, only in {takers}")
        known = row.choices.get(name) or options.CHOICES.get(name)
        if known and value not in known:
            raise UsageError(f"{shown} {value!r}: {form} takes {' or '.join(known)}")
