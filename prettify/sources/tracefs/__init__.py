"""Types of the kernel's trace events: the `format` files of tracefs, and copies of them."""
