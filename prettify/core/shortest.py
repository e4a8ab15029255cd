# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Floating point numbers as the shortest decimal text that reads back the same.

Two ways to the same digits. `float_text` is exact integer arithmetic and serves every width: digits
are made until what is left lies within half a unit of the number's last place (Steele and White,
1990). `write_float` is what the emitter calls; where it is compiled it needs no Python for numbers
of up to 64 bits: one multiplication by a power of ten of 128 bits decides (Giulietti, "The
Schubfach way to render doubles", 2021).
"""

from __future__ import annotations

from prettify.core.tables import table

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.intrinsics import eight_digits, high_half, store8


# Formats: bits of fraction behind the leading one, bits of exponent. X87 stores its leading one.
HALF, BFLOAT, SINGLE, DOUBLE, X87, QUAD = range(6)
FORMATS = ((10, 5), (7, 8), (23, 8), (52, 11), (63, 15), (112, 15))

# Styles.
PLAIN = 0  # inf, -inf and nan
JSON = 1  # null for those three, which JSON has no number for
C = 2  # a C constant of that type, NaN with its payload
C_QUAD = 3  # the same for __float128

INFINITY, NAN = float("inf"), float("nan")  # without `math`, which takes time to import

C_SUFFIXES = ("", "", "f", "", "L", "L")

LEAST_POWER, MOST_POWER = -292, 324  # of ten, that doubles need
_powers: list[memoryview] = []


def powers() -> memoryview:
    """128 bits of each power of ten from LEAST_POWER on, rounded up: high and low half, by turns.

    Made when first asked for, in about a millisecond.
    """
    if not _powers:
        halves = []
        for exponent in range(LEAST_POWER, MOST_POWER + 1):
            ten = 10 ** abs(exponent)
            if exponent < 0:
                leading = -((-1 << (127 + ten.bit_length())) // ten)
            else:
                shift = 128 - ten.bit_length()
                leading = ten << shift if shift > 0 else -(-ten >> -shift)
            halves += [leading >> 64, leading & ((1 << 64) - 1)]
        _powers.append(table("Q", halves))
    return _powers[0]


def _parts(bits: int, form: int) -> tuple[int, int, int, int]:
    """(sign, biased exponent, leading one, fraction) of a number's bits."""
    fraction_bits, exponent_bits = FORMATS[form]
    explicit = 1 if form == X87 else 0
    sign = bits >> (fraction_bits + explicit + exponent_bits) & 1
    exponent = bits >> (fraction_bits + explicit) & ((1 << exponent_bits) - 1)
    # An x87 number may lack its leading one. Processors refuse it, but its bits say a number.
    leading = bits >> fraction_bits & 1 if explicit else int(exponent != 0)
    return sign, exponent, leading, bits & ((1 << fraction_bits) - 1)


def float_value(bits: int, form: int) -> float:
    """The double nearest to the number of those bits; infinity beyond the largest."""
    fraction_bits, exponent_bits = FORMATS[form]
    sign, exponent, leading, fraction = _parts(bits, form)
    largest = (1 << exponent_bits) - 1
    if exponent == largest:
        value = NAN if fraction else INFINITY
    else:
        scale = max(exponent, 1) - (largest >> 1) - fraction_bits
        value = _scaled(leading << fraction_bits | fraction, scale)
    return -value if sign else value


def _scaled(mantissa: int, scale: int) -> float:
    """The double nearest to mantissa * 2**scale: both ways of Python's to get there round once."""
    try:
        return float(mantissa << scale) if scale >= 0 else mantissa / (1 << -scale)
    except OverflowError:
        return INFINITY


def float_field(low: int, high: int, form: int, specification: bytes, short: bool) -> bytes:
    """The number whose bits are high << 64 | low, or that its shortest text says, as format()'s."""
    if short:
        value = float(float_text(low, high, form, PLAIN))
    else:
        value = float_value(high << 64 | low, form)
    return format(value, specification.decode()).encode()


def float_text(low: int, high: int, form: int, style: int) -> bytes:
    """The number whose bits are high << 64 | low, as text in that style."""
    fraction_bits, exponent_bits = FORMATS[form]
    explicit = 1 if form == X87 else 0
    sign, exponent, leading, fraction = _parts(high << 64 | low, form)
    largest = (1 << exponent_bits) - 1
    if exponent == largest:
        return _special(sign, not fraction, fraction, fraction_bits, form, style).encode()
    mantissa = leading << fraction_bits | fraction
    if explicit and mantissa:
        # An x87 number without its leading one reads back as the regular one of the same value.
        places = max(0, min(fraction_bits + 1 - mantissa.bit_length(), exponent - 1))
        mantissa <<= places
        exponent -= places
    scale = max(exponent, 1) - (largest >> 1) - fraction_bits
    digits, point = _shortest(mantissa, scale, mantissa == 1 << fraction_bits and exponent > 1)
    text = "-" * sign + _spelled(digits, point)
    if style >= C:
        text += "Q" if style == C_QUAD else C_SUFFIXES[form]
    return text.encode()


def _special(
    sign: int, infinite: bool, fraction: int, fraction_bits: int, form: int, style: int
) -> str:
    if style == JSON:
        return "null"
    minus = "-" * sign
    if style == PLAIN:
        return f"{minus}inf" if infinite else "nan"
    suffix = ("f", "f", "f", "", "l", "l")[form] if style == C else "f128"
    if infinite:
        return f"{minus}__builtin_inf{suffix}()"
    quiet = fraction >> (fraction_bits - 1)
    payload = fraction & ((1 << (fraction_bits - 1)) - 1)
    word = "nan" if quiet else "nans"
    if form == HALF or form == BFLOAT:
        if quiet:
            # A `float` becomes the smaller type, which keeps the upper bits of its payload.
            payload <<= 23 - fraction_bits
        else:
            # Not a signalling one, which that makes quiet.
            suffix = "f16" if form == HALF else "f16b"
    return f'{minus}__builtin_{word}{suffix}("{hex(payload) if payload else ""}")'


def _shortest(mantissa: int, scale: int, uneven: bool) -> tuple[str, int]:
    """The digits of mantissa * 2^scale, and the exponent of ten of the first.

    uneven: the next number below is half as far away as the one above.
    """
    if not mantissa:
        return "0", 0
    # value = number / unit; half the distance to the neighbours is above / unit and below / unit.
    shift = 2 if uneven else 1
    number = mantissa << shift
    unit = 1 << shift
    above, below = shift, 1
    if scale >= 0:
        number <<= scale
        above <<= scale
        below <<= scale
    else:
        unit <<= -scale
    # A bound itself reads back as the number where the mantissa is even.
    inclusive = not mantissa & 1
    point = int((mantissa.bit_length() + scale - 1) * 0.30102999566398)
    if point > 0:
        unit *= 10**point
    else:
        number, above, below = (part * 10**-point for part in (number, above, below))
    while number + above >= 10 * unit if inclusive else number + above > 10 * unit:
        unit *= 10
        point += 1
    while number + above < unit if inclusive else number + above <= unit:
        number, above, below = number * 10, above * 10, below * 10
        point -= 1
    if number < unit:
        # Only the upper bound has a digit here, a 1. A single one a place further down is nearer.
        digit = (20 * number + unit) // (2 * unit)
        distance = 10 * number - digit * unit
        if -10 * above < distance < 10 * below:
            return (str(digit), point - 1) if digit < 10 else ("1", point)
    digits = ""
    while True:
        digit, number = divmod(number, unit)
        low = number <= below if inclusive else number < below
        high = number + above >= unit if inclusive else number + above > unit
        if low or high:
            break
        digits += chr(48 + digit)
        number, above, below = number * 10, above * 10, below * 10
    if high and (not low or 2 * number > unit or (2 * number == unit and digit & 1)):
        digit += 1
    return digits + chr(48 + digit), point


def _spelled(digits: str, point: int) -> str:
    """Positional where the exponent of ten is -4 to 15, else scientific, as Python's repr."""
    if -5 < point < 0:
        return "0." + "0" * (-point - 1) + digits
    if 0 <= point < 16:
        whole = digits[: point + 1].ljust(point + 1, "0")
        return f"{whole}.{digits[point + 1 :] or '0'}"
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{head}e{'-' if point < 0 else '+'}{abs(point):02d}"


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_float(
    low: cython.ulonglong,
    high: cython.ulonglong,
    form: cython.Py_ssize_t,
    style: cython.Py_ssize_t,
    powers: cython.pointer[cython.const[cython.ulonglong]],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the number whose bits are high << 64 | low. powers: what `powers` gives."""
    fraction_bits: cython.int
    exponent_bits: cython.int
    exponent: cython.int
    largest: cython.int
    fraction: cython.ulonglong
    one: cython.ulonglong = 1
    if not cython.compiled or form > 3:  # X87, QUAD
        return _write_exact(low, high, form, style, out, written)
    fraction_bits = 52 if form == 3 else 23 if form == 2 else 7 if form == 1 else 10
    exponent_bits = 11 if form == 3 else 5 if form == 0 else 8
    largest = (1 << exponent_bits) - 1
    exponent = cython.cast(cython.int, low >> fraction_bits) & largest
    fraction = low & ((one << fraction_bits) - 1)
    if exponent == largest:
        return _write_exact(low, high, form, style, out, written)
    out[written] = 45
    written += cython.cast(cython.Py_ssize_t, low >> (fraction_bits + exponent_bits) & 1)
    if exponent == 0 and fraction == 0:
        out[written] = 48
        out[written + 1] = 46
        out[written + 2] = 48
        written += 3
    elif exponent == 0:
        written = _write_shortest(
            fraction, 1 - (largest >> 1) - fraction_bits, False, powers, out, written
        )
    else:
        written = _write_shortest(
            fraction | one << fraction_bits,
            exponent - (largest >> 1) - fraction_bits,
            fraction == 0 and exponent > 1,
            powers,
            out,
            written,
        )
    if style >= 2 and form == 2:  # C, SINGLE
        out[written] = 102
        written += 1
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _write_exact(
    low: cython.ulonglong,
    high: cython.ulonglong,
    form: cython.Py_ssize_t,
    style: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """The same through `float_text`."""
    i: cython.Py_ssize_t
    with cython.gil:
        text: bytes = float_text(low, high, form, style)
        for i in range(len(text)):
            out[written + i] = text[i]
        written += len(text)
    return written


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _times_power(
    number: cython.ulonglong, upper: cython.ulonglong, lower: cython.ulonglong
) -> cython.ulonglong:
    """number * (upper << 64 | lower) >> 128, odd if anything but its lowest bit was cut off."""
    middle: cython.ulonglong = upper * number
    carried: cython.ulonglong = middle + high_half(lower, number)
    result: cython.ulonglong = high_half(upper, number)
    if carried < middle:
        result += 1
    return result | (carried > 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _write_shortest(
    mantissa: cython.ulonglong,
    scale: cython.int,
    uneven: cython.bint,
    powers: cython.pointer[cython.const[cython.ulonglong]],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write mantissa * 2^scale, not 0. uneven: the next number below is half as far away."""
    # Everything in quarters of units of 10^power, where 10^power is just below the distance to the
    # neighbours: one or two multiples of it, and at most one of ten times it, lie between the
    # bounds. The constants are log10(2), log10(4/3) and log2(10) in fixed point.
    power: cython.int = (scale * 1262611 - (524031 if uneven else 0)) >> 22
    shift: cython.int = scale + ((-power * 1741647) >> 19) + 1
    upper: cython.ulonglong = powers[2 * (292 - power)]
    lower: cython.ulonglong = powers[2 * (292 - power) + 1]
    odd: cython.ulonglong = mantissa & 1  # only of even ones do the bounds read back as the number
    value: cython.ulonglong = _times_power(mantissa << 2 << shift, upper, lower)
    least: cython.ulonglong = odd + _times_power(
        ((mantissa << 2) - (1 if uneven else 2)) << shift, upper, lower
    )
    most: cython.ulonglong = _times_power(((mantissa << 2) + 2) << shift, upper, lower) - odd
    digits: cython.ulonglong = value >> 2
    tens: cython.ulonglong = digits // 10
    below: cython.bint = least <= 40 * tens
    above: cython.bint = 40 * tens + 40 <= most
    if digits >= 10 and below != above:
        digits = tens + above
        power += 1
    else:
        below = least <= 4 * digits
        above = 4 * digits + 4 <= most
        if below != above:
            digits += above
        elif value > 4 * digits + 2 or (value == 4 * digits + 2 and digits & 1):
            digits += 1
    while digits % 10 == 0:
        digits = digits // 10
        power += 1
    return _write_decimal(digits, power, out, written)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _write_decimal(
    digits: cython.ulonglong,
    power: cython.int,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write digits * 10^power (digits not 0, below 10^24) as `_spelled` does."""
    # All digits, with zeroes before them, behind the place where the text can get to.
    first: cython.Py_ssize_t = written + 64
    end: cython.Py_ssize_t = first + 24
    upper: cython.ulonglong = digits // 100000000
    point: cython.int
    _: cython.int
    store8(out + first, eight_digits(upper // 100000000))
    store8(out + first + 8, eight_digits(upper % 100000000))
    store8(out + first + 16, eight_digits(digits % 100000000))
    while out[first] == 48:
        first += 1
    point = power + cython.cast(cython.int, end - first) - 1
    if -5 < point < 0:
        out[written] = 48
        out[written + 1] = 46
        written += 2
        for _ in range(-point - 1):
            out[written] = 48
            written += 1
    elif 0 <= point < 16:
        for _ in range(point + 1):
            out[written] = 48
            if first < end:
                out[written] = out[first]
                first += 1
            written += 1
        out[written] = 46
        written += 1
        if first == end:
            out[written] = 48
            written += 1
    else:
        out[written] = out[first]
        written += 1
        first += 1
        if first < end:
            out[written] = 46
            written += 1
    while first < end:
        out[written] = out[first]
        written += 1
        first += 1
    if point < -4 or point > 15:
        out[written] = 101
        out[written + 1] = 45 if point < 0 else 43
        if point < 0:
            point = -point
        written += 2
        if point > 99:
            out[written] = 48 + point // 100
            written += 1
        out[written] = 48 + point // 10 % 10
        out[written + 1] = 48 + point % 10
        written += 2
    return written
