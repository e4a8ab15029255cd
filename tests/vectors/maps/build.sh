#!/bin/sh
# Rebuilds the BPF objects from their sources, for both byte orders. Made with clang 14.0.6.
#
# build.sh [FOLDER]: FOLDER is where they go, by default here.
set -e
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${1:-$here}" && pwd)
cd "$here"
for name in defined configured old; do
	for order in el eb; do
		object=$folder/$name-$order.bpf.o
		clang -target bpf$order -g -O2 -Wall -Werror -fdebug-compilation-dir=. -c $name.bpf.c -o "$object"
		llvm-strip -g "$object" # of DWARF; BTF stays
	done
done
