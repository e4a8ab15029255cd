#!/bin/sh
# Rebuilds the .btf files from types.h. Made with gcc 12.2, clang 14.0.6 and pahole 1.24.
#
# Neither producer tells all: clang 14 knows no 64-bit enumerators and drops the sign of the others,
# pahole makes one dimension of an array's two. The tests leave out of each what it has wrong.
set -e
cd "$(dirname "$0")"
object=$(mktemp)
trap 'rm -f "$object"' EXIT
for order in el eb; do
	clang -target bpf$order -g -O2 -w -x c -c types.h -o "$object"
	llvm-objcopy --dump-section .BTF=clang-bpf$order.btf "$object"
done
for bits in 64 32; do
	half=
	[ $bits = 32 ] || half=-DHALF
	gcc -m$bits -g -w -DQUAD $half -x c -c types.h -o "$object"
	rm -f gcc-$bits.btf # pahole would write over it without cutting it to length
	pahole -J --btf_gen_floats --btf_encode_detached=gcc-$bits.btf "$object"
done
chmod 644 ./*.btf
