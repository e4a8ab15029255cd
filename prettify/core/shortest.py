# cython: language_level=3
"""Floating point numbers as the shortest decimal text that reads back the same.

Exact integer arithmetic, so one method serves every width: digits are made until what is left lies
within half a unit of the number's last place (Steele and White, 1990).
"""

from __future__ import annotations

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
