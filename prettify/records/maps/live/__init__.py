"""Live BPF maps: through the bpf() system call, their entries as records."""
