"""What pyproject.toml cannot say: how to compile prettify.core, and where the catalogue goes.

Both are extras to a package that is complete as plain Python. A module that cannot be compiled
(no C compiler, no Python headers, no Cython) is left as its .py source, which does the same more
slowly, and the installation goes on.
"""

from __future__ import annotations

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CompileError

try:
    from Cython.Build import cythonize
except ImportError:
    cythonize = None

# Each has one source, a .py file in Cython's pure-Python mode. The Makefile reads this table too.
COMPILED = [
    "prettify.core.btf_scan",
    "prettify.core.calculator",
    "prettify.core.dwarf_digest",
    "prettify.core.dwarf_index",
    "prettify.core.dwarf_names",
    "prettify.core.dwarf_places",
    "prettify.core.dwarf_recorder",
    "prettify.core.dwarf_scan",
    "prettify.core.dwarf_search",
    "prettify.core.emitter",
    "prettify.core.fields",
    "prettify.core.hex_dump",
    "prettify.core.kernel_state",
    "prettify.core.lz4",
    "prettify.core.numbers",
    "prettify.core.perf_records",
    "prettify.core.perf_ring",
    "prettify.core.ring",
    "prettify.core.rows",
    "prettify.core.shortest",
    "prettify.core.sized",
    "prettify.core.strided",
    "prettify.core.text",
    "prettify.core.trace_pages",
]


SAMPLES = "samples"  # folders of formats/ that are for tests, and not shipped


class BuildExt(build_ext):
    """Translates each extension's .py source to C, outside the source tree, and compiles that."""

    def build_extension(self, ext: Extension) -> None:
        try:
            [translated] = cythonize(
                [ext],
                build_dir=self.build_temp,
                compiler_directives={"language_level": 3},
                force=self.force,
                quiet=True,
            )
        except Exception as error:
            # An optional extension may fail with the errors of setuptools, not with Cython's.
            raise CompileError(f"Cython: {error}") from error
        ext.sources = translated.sources
        super().build_extension(ext)


class BuildPy(build_py):
    """Ships formats/ as prettify/_formats. An editable install finds formats/ where it is."""

    def run(self) -> None:
        super().run()
        for source, target in self._catalogue():
            self.mkpath(os.path.dirname(target))
            self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        targets = [target for _, target in self._catalogue()]
        return super().get_outputs(include_bytecode) + targets

    def get_source_files(self) -> list[str]:
        return super().get_source_files() + _files_below("formats")

    def _catalogue(self) -> list[tuple[str, str]]:
        """List each file of the catalogue with its place in the build; none if editable."""
        if self.editable_mode:
            return []
        shipped = os.path.join(self.build_lib, "prettify", "_formats")
        return [
            (path, os.path.join(shipped, os.path.relpath(path, "formats")))
            for path in _files_below("formats")
            if SAMPLES not in path.split(os.sep)
        ]


def _files_below(top: str) -> list[str]:
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(top)
        for name in names
        if not name.startswith(".")
    )


def _extensions() -> list[Extension]:
    if cythonize is None:
        print("setup.py: no Cython: prettify.core stays plain Python")
        return []
    return [
        Extension(
            name,
            [name.replace(".", "/") + ".py"],
            # Python's own flags ask for debug information: five times the size.
            extra_compile_args=["-g0", "-O2", "-fno-inline-functions-called-once"],
            optional=True,
        )
        for name in COMPILED
    ]


setup(ext_modules=_extensions(), cmdclass={"build_ext": BuildExt, "build_py": BuildPy})
