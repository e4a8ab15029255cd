"""Pages of the kernel's trace buffer, `trace_pipe_raw`: saved ones, and those of a live trace."""
