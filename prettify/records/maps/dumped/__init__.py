"""What has been dumped of BPF maps: bpftool's output, bpffs text, raw keys and values.

`opening.open_dump` finds out which of them an input is, and hands out the maps in it.
"""
