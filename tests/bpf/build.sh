#!/bin/sh
# Compiles the BPF program beside it; needs clang and the kernel's headers for user space.
# usage: build.sh [FILE], where FILE is what is written (events.bpf.o)
set -eu
folder=$(dirname "$0")
out=${1:-$folder/events.bpf.o}
clang -target bpf -mcpu=v3 -O2 -g -Wall -Werror \
    -idirafter "/usr/include/$(uname -m)-linux-gnu" \
    "-fdebug-prefix-map=$(pwd)=." -c "$folder/events.bpf.c" -o "$out"
