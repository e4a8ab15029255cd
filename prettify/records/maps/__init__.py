"""BPF maps: their entries as records, and the events that some of them hand over."""
