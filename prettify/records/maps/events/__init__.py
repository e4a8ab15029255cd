"""Events of BPF ring buffers and perf event arrays: live, and saved."""
