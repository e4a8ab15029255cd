"""BPF maps: live ones, through the bpf() system call, and what has been dumped of them."""
