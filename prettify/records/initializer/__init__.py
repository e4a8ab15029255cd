"""Values as people write them: C initializers, JSON, plain constants, raw bytes."""
